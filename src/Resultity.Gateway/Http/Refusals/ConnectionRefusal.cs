using System.IO.Pipelines;

namespace Resultity.Gateway.Http.Refusals;

/// <summary>What a connection answers in place of an empty refusal of Kestrel's own. A feature of the connection.</summary>
/// <remarks>Kestrel announces a refusal and then writes it on the same thread; from the announcement on, what it writes gives way to this answer.</remarks>
internal sealed class ConnectionRefusal(PipeWriter transport) : PipeWriter
{
    private ReadOnlyMemory<byte> _answer;
    private byte[]? _discarded;
    private bool _isSent;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => transport.CanGetUnflushedBytes;

    /// <inheritdoc/>
    public override long UnflushedBytes => transport.UnflushedBytes;

    private bool IsRefused => !_answer.IsEmpty;

    /// <summary>Sets the whole answer, head included. The connection ends after it.</summary>
    public void AnswerWith(ReadOnlyMemory<byte> answer) => _answer = answer;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => IsRefused ? Discard(sizeHint) : transport.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => IsRefused ? Discard(sizeHint) : transport.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        if (!IsRefused)
        {
            transport.Advance(bytes);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        IsRefused ? SendAsync(cancellationToken) : transport.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        IsRefused ? SendAsync(cancellationToken) : transport.WriteAsync(source, cancellationToken);

    /// <inheritdoc/>
    public override void CancelPendingFlush() => transport.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => transport.Complete(exception);

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(Exception? exception = null) => transport.CompleteAsync(exception);

    private ValueTask<FlushResult> SendAsync(CancellationToken cancellation)
    {
        if (_isSent)
        {
            return transport.FlushAsync(cancellation);
        }

        _isSent = true;
        return transport.WriteAsync(_answer, cancellation);
    }

    private byte[] Discard(int sizeHint)
    {
        if (_discarded is null || _discarded.Length < sizeHint)
        {
            _discarded = new byte[Math.Max(sizeHint, 4096)];
        }

        return _discarded;
    }
}
