using System.Buffers;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>The events of all members in one stream: one of each in turn, of those that have one.</summary>
/// <remarks>A slow member never holds a fast one back, and a fast one takes no more turns than another. What nobody reads stays on the links.</remarks>
internal sealed class InterleavedAnswer : InferenceAnswer
{
    private readonly ParallelCall _call;
    private readonly MemberLane[] _lanes;
    private readonly WakeSignal _signal = new();
    private readonly MemberChunk _chunk;
    private readonly ArrayBufferWriter<byte> _output = new(1024);
    private readonly bool[] _told;
    private StreamEvent? _pending;
    private ChunkIdentity? _identity;
    private Fault? _fault;
    private int _turn;
    private bool _ended;
    private bool _stopped;

    public InterleavedAnswer(ParallelCall call)
    {
        _call = call;
        var choices = MemberBodyFacts.Choices(call.Request);
        _lanes = [.. call.Members.Select(member => new MemberLane(member, member.Index * choices, _signal))];
        _told = new bool[_lanes.Length];
        _chunk = new MemberChunk(call.Request.Id, call.Runner.Pipeline.Time.GetUtcNow().ToUnixTimeSeconds(), call.Request.Endpoint);
    }

    public override string NodeId => WholeAnswer.Join(_call.Members.Select(static member => member.Answer?.NodeId ?? ""));

    public override string Model => WholeAnswer.Join(_call.Members.Where(static member => member.Fault is null).Select(static member => member.Model));

    public override bool IsEventStream => true;

    public override string ContentType => "text/event-stream";

    public override ReadOnlyMemory<byte> Body => default;

    public override Fault? Fault => _fault;

    public override Usage Usage => _call.Usage;

    public override async ValueTask<bool> WaitAsync(CancellationToken cancellation)
    {
        if (_pending is not null)
        {
            return true;
        }

        _output.ResetWrittenCount();
        using var registration = cancellation == _call.Caller ? default : cancellation.UnsafeRegister(static answer => ((InterleavedAnswer)answer!).Stop(), this);
        while (true)
        {
            if (TryNext(out var next))
            {
                _pending = next;
                return true;
            }

            if (_ended)
            {
                return false;
            }

            await _signal.WaitAsync().ConfigureAwait(false);
        }
    }

    public override bool TryRead(out StreamEvent next)
    {
        if (_pending is { } pending)
        {
            _pending = null;
            next = pending;
            return true;
        }

        return TryNext(out next);
    }

    public override async ValueTask DisposeAsync()
    {
        Stop();
        foreach (var lane in _lanes)
        {
            await lane.SettleAsync().ConfigureAwait(false);
        }

        await _call.DisposeAsync().ConfigureAwait(false);
    }

    private bool TryNext(out StreamEvent next)
    {
        next = default;
        var ended = 0;
        for (var i = 0; i < _lanes.Length; i++)
        {
            var place = _turn + i < _lanes.Length ? _turn + i : _turn + i - _lanes.Length;
            var lane = _lanes[place];
            if (lane.TryTake(out var taken))
            {
                _turn = place + 1 < _lanes.Length ? place + 1 : 0;
                next = taken.IsSeam ? taken : Rewrite(lane, taken);
                return true;
            }

            if (lane.HasEnded)
            {
                ended++;
                if (!_told[place] && Tell(lane, out next))
                {
                    return true;
                }
            }
        }

        return ended == _lanes.Length && !_ended && End(out next);
    }

    private StreamEvent Rewrite(MemberLane lane, StreamEvent taken)
    {
        _identity ??= ChunkIdentity.Of(taken.Data.Span) with { Id = null, Created = null };
        var start = _output.WrittenCount;
        _chunk.Write(taken.Data.Span, lane.Model, lane.Member.Index, lane.Offset, _output);
        return new StreamEvent(_output.WrittenMemory[start..]);
    }

    /// <summary>A member that failed is told of where it failed; the others go on.</summary>
    private bool Tell(MemberLane lane, out StreamEvent next)
    {
        _told[lane.Member.Index] = true;
        next = default;
        if (lane.Member.Fault is null || _stopped || _call.Caller.IsCancellationRequested)
        {
            return false;
        }

        next = new StreamEvent(_chunk.Failure(lane.Member, lane.Offset));
        return true;
    }

    private bool End(out StreamEvent next)
    {
        _ended = true;
        next = default;
        if (_stopped || _call.Caller.IsCancellationRequested)
        {
            _fault = Fault.Cancelled;
            return false;
        }

        if (_call.Succeeded.Count() < _call.Spec.MinSuccess)
        {
            _fault = _call.Failure();
        }

        next = new StreamEvent(LastChunk.Write(_call, _identity));
        return true;
    }

    private void Stop()
    {
        _stopped = true;
        _call.Stop();
    }
}
