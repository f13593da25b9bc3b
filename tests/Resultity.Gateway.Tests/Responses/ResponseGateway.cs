#pragma warning disable OPENAI001 // The SDK marks all of responses as under evaluation.
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenAI.Responses;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Gateway.Chat;
using Resultity.Gateway.Http;
using Resultity.Gateway.Requests;
using Resultity.Gateway.Responses;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving;
using Resultity.Serving.Jobs;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Stores;
using Resultity.Storage;

namespace Resultity.Gateway.Tests.Responses;

/// <summary>A gateway with stored responses on a real Kestrel and a real SQLite file, in front of one scripted node.</summary>
internal sealed class ResponseGateway : IAsyncDisposable
{
    public const string Model = "scripted";

    private readonly WebApplication _app;
    private readonly HttpFleet _fleet = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-responses-").FullName;

    private ResponseGateway()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IFleet>(_fleet);
        builder.Services.AddSqliteStorage(_folder).AddHttpEdge().AddServing().AddJobs().AddChat().AddResponses().AddRequests();
        _app = builder.Build();
        _app.UseHttpEdge();
        _app.MapResponses().MapRequests();
    }

    public ScriptedNode Node { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public ResponsesClient Client { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public static async Task<ResponseGateway> StartAsync()
    {
        var gateway = new ResponseGateway { Node = await ScriptedNode.StartAsync() };
        await gateway._app.StartAsync();
        gateway.Address = new Uri(gateway._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var key = await gateway.AddKeyAsync("tests");
        gateway.Http = gateway.HttpFor(key);
        gateway.Client = gateway.ClientFor(key);
        gateway._fleet.Add("node-1", gateway.Node.Address);
        gateway._app.Services.GetRequiredService<IFleetFacts>().NodeIsUp(
            "node-1", null, [new ModelOffer { Model = Model, Endpoints = [InferenceEndpoint.ChatCompletions.Path], Slots = 8 }]);
        return gateway;
    }

    public async Task<string> AddKeyAsync(string owner)
    {
        var secret = Secret.New(Secret.ApiKeyPrefix);
        var key = new ApiKey
        {
            Id = Id.New(ApiKey.IdPrefix, TimeProvider.System),
            Name = "test",
            Namespace = owner,
            Scopes = ["inference"],
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        await _app.Services.GetRequiredService<IApiKeyStore>().AddAsync(key, Secret.Hash(secret), CancellationToken.None);
        return secret;
    }

    public ResponsesClient ClientFor(string key) => new(
        new ApiKeyCredential(key), new ResponsesClientOptions { Endpoint = new Uri(Address, "/v1"), RetryPolicy = new ClientRetryPolicy(0) });

    public HttpClient HttpFor(string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Posts a request as it is written and gives status and body back.</summary>
    public async Task<(int Status, string Body)> PostAsync(string json, string path = "/v1/responses")
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync(new Uri(path, UriKind.Relative), content);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Node.DisposeAsync();
        _fleet.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
