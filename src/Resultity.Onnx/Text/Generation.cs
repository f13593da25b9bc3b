using System.Threading.Tasks.Sources;

namespace Resultity.Onnx.Text;

/// <summary>One running sequence: its tokens as they come, and how it ended.</summary>
/// <remarks>
/// One consumer at a time. The intended loop drains all that is waiting before it waits again:
/// <code>while (await generation.WaitAsync(ct)) while (generation.TryRead(out var token)) …</code>
/// Disposing cancels a sequence that still runs. Nothing is allocated per token.
/// </remarks>
public sealed class Generation : IDisposable, IAsyncDisposable, IValueTaskSource<bool>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _waiting = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private GeneratedToken[] _ring = new GeneratedToken[16];
    private int _head, _count;
    private bool _pending;
    private volatile bool _cancelRequested;
    private FinishReason? _finish;

    internal Generation(int promptTokens) => PromptTokens = promptTokens;

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>Prompt tokens whose keys and values came from an earlier sequence. Final once the first token or the end is there.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>Tokens written so far, read or not.</summary>
    public int CompletionTokens { get; private set; }

    /// <summary>How long it waited for a slot. Final once the first token or the end is there.</summary>
    public TimeSpan QueueTime { get; internal set; }

    /// <summary>How long the prompt took, from the slot to the first token. Final once that is there.</summary>
    public TimeSpan PromptTime { get; internal set; }

    /// <summary>Why it ended; null while it runs. Tokens may still wait to be read.</summary>
    public FinishReason? Finish { get { lock (_gate) return _finish; } }

    /// <summary>The fault behind <see cref="FinishReason.Failed"/>.</summary>
    public Exception? Error { get; private set; }

    internal bool CancelRequested => _cancelRequested;

    /// <summary>Asks the engine to end this sequence at the next step. Tokens already written can still be read.</summary>
    public void Cancel() => _cancelRequested = true;

    /// <summary>Takes the next token if one is waiting.</summary>
    public bool TryRead(out GeneratedToken token)
    {
        lock (_gate)
        {
            if (_count == 0)
            {
                token = default;
                return false;
            }
            token = _ring[_head];
            _ring[_head] = default;
            _head = (_head + 1) & (_ring.Length - 1);
            _count--;
            return true;
        }
    }

    /// <summary>Completes with true when a token waits, with false when the sequence has ended and all were read.</summary>
    /// <param name="cancellation">Ends the waiting, not the sequence.</param>
    /// <exception cref="InvalidOperationException">Another wait is pending.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled first.</exception>
    public ValueTask<bool> WaitAsync(CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<bool>(cancellation);
        lock (_gate)
        {
            if (_pending) throw new InvalidOperationException("A generation has one consumer, and it is waiting already.");
            if (_count > 0) return new ValueTask<bool>(true);
            if (_finish is not null) return new ValueTask<bool>(false);
            _waiting.Reset();
            _pending = true;
        }
        var wait = new ValueTask<bool>(this, _waiting.Version);
        if (cancellation.CanBeCanceled)
        {
            var registration = cancellation.UnsafeRegister(static (self, token) => ((Generation)self!).StopWaiting(token), this);
            lock (_gate) _registration = registration;
        }
        return wait;
    }

    /// <inheritdoc/>
    public void Dispose() => Cancel();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Cancel();
        return default;
    }

    internal void Write(GeneratedToken token)
    {
        bool wake;
        lock (_gate)
        {
            if (_count == _ring.Length) Grow();
            _ring[(_head + _count) & (_ring.Length - 1)] = token;
            _count++;
            CompletionTokens++;
            wake = TakeWaiter();
        }
        if (wake) _waiting.SetResult(true);
    }

    internal void End(FinishReason reason, Exception? error = null)
    {
        bool wake, tokens;
        lock (_gate)
        {
            if (_finish is not null) return;
            Error = error;
            _finish = reason;
            tokens = _count > 0;
            wake = TakeWaiter();
        }
        if (wake) _waiting.SetResult(tokens);
    }

    private void StopWaiting(CancellationToken token)
    {
        bool wake;
        lock (_gate) wake = TakeWaiter();
        if (wake) _waiting.SetException(new OperationCanceledException(token));
    }

    // Whoever takes the waiter completes it; so it is completed once.
    private bool TakeWaiter()
    {
        var pending = _pending;
        _pending = false;
        return pending;
    }

    private void Grow()
    {
        var larger = new GeneratedToken[_ring.Length * 2];
        for (var i = 0; i < _count; i++) larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        (_ring, _head) = (larger, 0);
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        CancellationTokenRegistration registration;
        lock (_gate) (registration, _registration) = (_registration, default);
        registration.Dispose();
        return _waiting.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);
}
