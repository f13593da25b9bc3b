using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenAI;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Gateway.Audio;
using Resultity.Gateway.Batches;
using Resultity.Gateway.Chat;
using Resultity.Gateway.Completions;
using Resultity.Gateway.Embeddings;
using Resultity.Gateway.Files;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Gateway.Images;
using Resultity.Gateway.Models;
using Resultity.Gateway.Moderations;
using Resultity.Gateway.Requests;
using Resultity.Gateway.Rerank;
using Resultity.Gateway.Responses;
using Resultity.Gateway.Webhooks;
using Resultity.Serving;
using Resultity.Serving.Jobs;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Stores;
using Resultity.Storage;
using Resultity.TestKit.Processes;

namespace Resultity.Gateway.Tests.Kit;

/// <summary>A gateway's public edge on a real Kestrel, in front of upstreams of their own processes.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    public const string Model = "stub-model";

    private readonly WebApplication _app;
    private readonly HttpFleet _fleet = new();
    private readonly string _data = Directory.CreateTempSubdirectory("resultity-test-").FullName;

    private TestGateway(Action<GatewayHttpOptions>? configure, Action<IServiceCollection>? services)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IFleet>(_fleet);
        builder.Services.AddHttpEdge().AddServing().AddSqliteStorage(_data).AddJobs().AddChat().AddCompletions().AddEmbeddings().AddRerank().AddImages().AddAudio().AddModerations().AddResponses().AddRequests().AddFiles().AddBatches().AddWebhooks();
        builder.Services.Configure<GatewayHttpOptions>(options => configure?.Invoke(options));
        services?.Invoke(builder.Services);
        _app = builder.Build();
        _app.UseHttpEdge();
        _app.MapChat().MapCompletions().MapEmbeddings().MapRerank().MapImages().MapAudio().MapModerations().MapResponses().MapModels().MapRequests().MapFiles().MapBatches().MapWebhooks().MapOpenApi();
    }

    public Uri Address { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public string Key { get; private set; } = "";

    /// <summary>The identifier of the request that was sent to a node last.</summary>
    public string LastRequestId => _fleet.LastRequestId;

    public IServiceProvider Services => _app.Services;

    public static async Task<TestGateway> StartAsync(Action<GatewayHttpOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var gateway = new TestGateway(configure, services);
        await gateway._app.StartAsync();
        var addresses = gateway.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        gateway.Address = new Uri(addresses.Addresses.Single());
        gateway.Key = await gateway.AddKeyAsync("tests");
        gateway.Http = gateway.ClientWith(gateway.Key);
        return gateway;
    }

    /// <summary>Makes a key of a namespace.</summary>
    public async Task<string> AddKeyAsync(string @namespace, Func<ApiKey, ApiKey>? change = null)
    {
        var secret = Secret.New(Secret.ApiKeyPrefix);
        var key = new ApiKey
        {
            Id = Id.New(ApiKey.IdPrefix, TimeProvider.System),
            Name = "test",
            Namespace = @namespace,
            Scopes = ["inference"],
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        await Services.GetRequiredService<IApiKeyStore>().AddAsync(change?.Invoke(key) ?? key, Secret.Hash(secret), CancellationToken.None);
        return secret;
    }

    /// <summary>An HTTP client that presents a key.</summary>
    public HttpClient ClientWith(string? key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>The official SDK's client.</summary>
    public OpenAIClient OpenAi(string? key = null) => new(
        new ApiKeyCredential(key ?? Key),
        new OpenAIClientOptions { Endpoint = new Uri(Address, "/v1"), RetryPolicy = new ClientRetryPolicy(0) });

    /// <summary>Adds a node that serves the upstream's models.</summary>
    public void AddNode(string nodeId, FakeUpstreamProcess upstream, int slots = 64, bool continues = true, params string[] models) =>
        AddNode(nodeId, upstream.Address, slots, continues, models);

    /// <summary>Adds a node that serves the models of a server.</summary>
    public void AddNode(string nodeId, Uri upstream, int slots = 64, bool continues = true, params string[] models)
    {
        _fleet.Add(nodeId, upstream);
        Services.GetRequiredService<IFleetFacts>().NodeIsUp(nodeId, null, [.. (models.Length == 0 ? [Model] : models).Select(model => new ModelOffer
        {
            Model = model,
            Endpoints = [.. InferenceEndpoint.All.Select(endpoint => endpoint.Path)],
            Slots = slots,
            ContinuesPrefix = continues,
        })]);
    }

    /// <summary>What was metered so far.</summary>
    public async Task<IReadOnlyList<UsageRow>> UsageAsync()
    {
        await Services.GetRequiredService<Serving.Metering.UsageMeter>().FlushAsync(CancellationToken.None);
        var now = TimeProvider.System.GetUtcNow();
        return await Services.GetRequiredService<IUsageStore>().QueryAsync(new UsageQuery(now.AddHours(-1), now.AddHours(1)), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _fleet.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}
