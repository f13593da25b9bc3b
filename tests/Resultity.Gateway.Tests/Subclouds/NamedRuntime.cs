using System.Text;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes;

namespace Resultity.Gateway.Tests.Subclouds;

/// <summary>A runtime whose chat answers say its name, so that a client sees which node answered.</summary>
internal sealed class NamedRuntime(string name, params string[] models) : IRuntime
{
    public event Action? OffersChanged
    {
        add { }
        remove { }
    }

    public string Name => "named";

    public IReadOnlyList<ModelOffer> Offers { get; } = [.. models.Select(static model => new ModelOffer { Model = model, Endpoints = ["/v1/chat/completions"], Slots = 4, Runtime = "named" })];

    public Task StartAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation) => exchange.RespondAsync(
        200,
        "application/json",
        Encoding.UTF8.GetBytes($$$"""{"id":"x","object":"chat.completion","created":1,"model":"{{{exchange.Model}}}","choices":[{"index":0,"message":{"role":"assistant","content":"{{{name}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"""),
        cancellation);

    public ValueTask DisposeAsync() => default;
}
