using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>The events, or pieces, of the one answer that was decided on, as they come, and one more event at the end that tells of all members.</summary>
/// <param name="call">The call; it is disposed of with this.</param>
/// <param name="source">The answer; it is disposed of with this.</param>
/// <param name="winner">The member whose answer it is; <see langword="null"/> for a judge's own.</param>
/// <param name="token">The token that the answer runs under.</param>
internal sealed class DecidedStream(ParallelCall call, InferenceAnswer source, Member? winner, CancellationToken token) : InferenceAnswer
{
    private ChunkIdentity? _identity;
    private StreamEvent? _last;
    private bool _ended;

    public override string NodeId => source.NodeId;

    public override string Model => source.Model;

    public override bool IsEventStream => source.IsEventStream;

    public override bool IsBinary => source.IsBinary;

    public override string ContentType => source.ContentType;

    public override ReadOnlyMemory<byte> Body => default;

    public override Fault? Fault => _ended && _last is null ? source.Fault : null;

    public override Usage Usage => call.Usage;

    public override async ValueTask<bool> WaitAsync(CancellationToken cancellation)
    {
        if (_last is not null)
        {
            return true;
        }

        if (_ended)
        {
            return false;
        }

        using var registration = cancellation == call.Caller ? default : cancellation.UnsafeRegister(static state => ((ParallelCall)state!).Stop(), call);
        if (await source.WaitAsync(token).ConfigureAwait(false))
        {
            return true;
        }

        await EndAsync(cancellation).ConfigureAwait(false);
        return _last is not null;
    }

    public override bool TryRead(out StreamEvent next)
    {
        if (_last is { } last)
        {
            _last = null;
            next = last;
            return true;
        }

        if (_ended || !source.TryRead(out next))
        {
            next = default;
            return false;
        }

        if (!next.IsSeam && !IsBinary)
        {
            _identity ??= ChunkIdentity.Of(next.Data.Span);
        }

        return true;
    }

    public override async ValueTask DisposeAsync()
    {
        await source.DisposeAsync().ConfigureAwait(false);
        await call.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask EndAsync(CancellationToken cancellation)
    {
        winner?.End(source.Fault);
        if (winner is null && call.Decision is { } decision)
        {
            decision.Usage += source.Usage;
            decision.Ended?.Invoke(decision, source);
        }

        // The losers were stopped when the winner was known; what they cost is known when they have ended.
        foreach (var member in call.Members.Where(member => member != winner))
        {
            await member.DisposeAsync().ConfigureAwait(false);
        }

        _ended = true;

        // Sound has no place for words about it; the headers name the model.
        if (!IsBinary && !cancellation.IsCancellationRequested && !call.Caller.IsCancellationRequested)
        {
            _last = new StreamEvent(LastChunk.Write(call, _identity));
        }
    }
}
