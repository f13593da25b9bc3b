using System.Text;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes;

namespace Resultity.Gateway.Tests.Fleet.Support;

/// <summary>A runtime that does what the body of a request says: <c>echo</c>, <c>fail</c>, <c>hold</c>, <c>stream</c>.</summary>
internal sealed class ScriptedRuntime : IRuntime
{
    private IReadOnlyList<ModelOffer> _offers = [Offer("mini")];

    public event Action? OffersChanged;

    public string Name => "scripted";

    public TaskCompletionSource Holding { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<ModelOffer> Offers => _offers;

    public static ModelOffer Offer(string model, int slots = 4) => new() { Model = model, Endpoints = ["/v1/chat/completions"], Slots = slots, Runtime = "scripted" };

    public void Change(params ModelOffer[] offers)
    {
        _offers = offers;
        OffersChanged?.Invoke();
    }

    public Task StartAsync(CancellationToken cancellation) => Task.CompletedTask;

    public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        var script = Encoding.UTF8.GetString(exchange.Body.Span);
        switch (script)
        {
            case "fail":
                throw new InvalidOperationException("a broken runtime");
            case "hold":
                await HoldAsync(cancellation);
                await exchange.RespondAsync(200, "text/plain", "held"u8.ToArray(), cancellation);
                break;
            case "stream":
                await exchange.StartAsync(200, "text/event-stream", cancellation);
                await exchange.WriteAsync("data: 1\n\n"u8.ToArray(), cancellation);
                await HoldAsync(cancellation);
                await exchange.WriteAsync("data: [DONE]\n\n"u8.ToArray(), cancellation);
                await exchange.CompleteAsync(cancellation);
                break;
            default:
                await exchange.RespondAsync(200, exchange.ContentType, exchange.Body, cancellation);
                break;
        }
    }

    public ValueTask DisposeAsync() => default;

    private async Task HoldAsync(CancellationToken cancellation)
    {
        Holding.TrySetResult();
        try
        {
            await Release.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            Cancelled.TrySetResult();
            throw;
        }
    }
}
