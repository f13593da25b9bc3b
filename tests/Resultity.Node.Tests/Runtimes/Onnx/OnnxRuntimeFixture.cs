using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes.Onnx;
using Resultity.Node.Runtimes.Processes;

[assembly: AssemblyFixture(typeof(Resultity.Node.Tests.Runtimes.Onnx.OnnxRuntimeFixture))]

namespace Resultity.Node.Tests.Runtimes.Onnx;

/// <summary>The runtime with the repository's models, loaded once.</summary>
public sealed class OnnxRuntimeFixture : IAsyncLifetime
{
    public const string Chat = "resultity-mini-chat";

    private static readonly string[] Preloaded = ["/v1/completions", "/v1/embeddings"];

    private readonly ChildHost _children = new(Directory.CreateTempSubdirectory("resultity-children-").FullName, TimeProvider.System, Random.Shared, NullLogger<ChildHost>.Instance);

    public OnnxRuntimeFixture() => Runtime = new(new OnnxRuntimeOptions { Folders = [ModelsFolder()] }, _children, TimeProvider.System, NullLogger<OnnxRuntime>.Instance);

    public OnnxRuntime Runtime { get; }

    public static string ModelsFolder()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Resultity.slnx"))) return Path.Combine(at.FullName, "models");
        throw new DirectoryNotFoundException("the tests run outside the repository");
    }

    public async ValueTask InitializeAsync()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Runtime.OffersChanged += () =>
        {
            if (Runtime.Offers.Count > 0 && Runtime.Offers.All(offer => offer.State is ModelState.Ready or ModelState.Failed || !Array.Exists(Preloaded, offer.Endpoints.Contains))) ready.TrySetResult();
        };
        await Runtime.StartAsync(CancellationToken.None);
        await ready.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        await _children.DisposeAsync();
    }

    internal async Task<RecordedExchange> PostAsync(string path, JsonNode body, string model = Chat, CancellationToken cancellation = default)
    {
        var exchange = new RecordedExchange(path, body, model);
        await Runtime.ExecuteAsync(exchange, cancellation);
        return exchange;
    }

    /// <summary>A greedy chat with these members added.</summary>
    internal Task<RecordedExchange> ChatAsync(string members, string user = "Hello, who are you?") =>
        PostAsync("/v1/chat/completions", Merge($$"""{"model":"{{Chat}}","temperature":0,"messages":[{"role":"user","content":{{JsonValue.Create(user).ToJsonString()}}}]}""", members));

    internal static JsonObject Merge(string body, string members)
    {
        var result = JsonNode.Parse(body)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse("{" + members + "}")!.AsObject()) result[name] = value?.DeepClone();
        return result;
    }
}
