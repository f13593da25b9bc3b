using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>One member's events on their way into a common stream: asks for more only when all that came has been taken.</summary>
internal sealed class MemberLane
{
    private readonly WakeSignal _signal;
    private readonly Action _wake;
    private ValueTask<bool> _wait;
    private bool _begun;
    private bool _waits;

    public MemberLane(Member member, int offset, WakeSignal signal)
    {
        (Member, Offset, _signal) = (member, offset, signal);
        _wake = _signal.Set;
        if (!member.Begun.IsCompleted)
        {
            member.Begun.GetAwaiter().UnsafeOnCompleted(_wake);
        }
    }

    public Member Member { get; }

    /// <summary>The number of its first choice.</summary>
    public int Offset { get; }

    /// <summary>The model's name as JSON, once it has begun.</summary>
    public byte[] Model { get; private set; } = [];

    /// <summary>Whether nothing follows.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Takes the next event that has come. If there is none and more may follow, the signal tells when to try again.</summary>
    public bool TryTake(out StreamEvent next)
    {
        next = default;
        if (HasEnded || (!_begun && !TryBegin()))
        {
            return false;
        }

        var answer = Member.Answer!;
        while (true)
        {
            if (_waits)
            {
                if (!_wait.IsCompleted)
                {
                    return false;
                }

                _waits = false;
                if (!_wait.Result)
                {
                    Member.End(answer.Fault);
                    HasEnded = true;
                    return false;
                }
            }

            if (answer.TryRead(out next))
            {
                return true;
            }

#pragma warning disable CA2012 // It is consumed once: above, when it has completed, or in SettleAsync.
            _wait = answer.WaitAsync(Member.Token);
#pragma warning restore CA2012
            _waits = true;
            if (!_wait.IsCompleted)
            {
                _wait.GetAwaiter().UnsafeOnCompleted(_wake);
                return false;
            }
        }
    }

    /// <summary>Waits until the answer is not being read any more, so that it can be disposed of. The member has been stopped.</summary>
    public async ValueTask SettleAsync()
    {
        if (_waits)
        {
            _waits = false;
            await _wait.AsTask().ConfigureAwait(false);
        }
    }

    private bool TryBegin()
    {
        if (!Member.Begun.IsCompleted)
        {
            return false;
        }

        _begun = true;
        HasEnded = Member.Answer is null;
        Model = MemberChunk.JsonString(Member.Model);
        return !HasEnded;
    }
}
