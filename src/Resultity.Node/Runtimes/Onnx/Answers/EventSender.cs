namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>Sends events of several answers over one exchange, one at a time. The first one begins the exchange's answer.</summary>
internal sealed class EventSender(RuntimeExchange exchange) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    public async ValueTask SendAsync(AnswerBuffer buffer, CancellationToken cancellation)
    {
        if (buffer.IsEmpty) return;
        await _turn.WaitAsync(cancellation);
        try
        {
            if (!exchange.Started) await exchange.StartAsync(200, "text/event-stream", cancellation);
            await exchange.WriteAsync(buffer.Written, cancellation);
        }
        finally
        {
            _turn.Release();
        }
        buffer.Clear();
    }

    public void Dispose() => _turn.Dispose();
}
