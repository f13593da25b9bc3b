using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes.Onnx;

[assembly: AssemblyFixture(typeof(Resultity.Node.Tests.Runtimes.Onnx.OnnxRuntimeFixture))]

namespace Resultity.Node.Tests.Runtimes.Onnx;

/// <summary>The runtime with the repository's models, loaded once.</summary>
public sealed class OnnxRuntimeFixture : IAsyncLifetime
{
    public const string Chat = "resultity-mini-chat";

    public OnnxRuntime Runtime { get; } = new(new OnnxRuntimeOptions { Folders = [ModelsFolder()] }, TimeProvider.System, NullLogger<OnnxRuntime>.Instance);

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
            if (Runtime.Offers.Count > 0 && Runtime.Offers.All(offer => offer.State is ModelState.Ready or ModelState.Failed)) ready.TrySetResult();
        };
        await Runtime.StartAsync(CancellationToken.None);
        await ready.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    public ValueTask DisposeAsync() => Runtime.DisposeAsync();

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
