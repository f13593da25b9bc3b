using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline;

/// <summary>One try of a request on one node.</summary>
public sealed class Attempt(string node, DateTimeOffset startedAt)
{
    /// <summary>The node's identifier.</summary>
    public string Node { get; } = node;

    /// <summary>When the request was sent.</summary>
    public DateTimeOffset StartedAt { get; } = startedAt;

    /// <summary>When the attempt ended; <see langword="null"/> while it runs.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary><c>running</c>, <c>completed</c>, or the code of the fault that ended it.</summary>
    public string Outcome { get; private set; } = "running";

    internal void End(DateTimeOffset at, Fault? fault)
    {
        Outcome = fault?.Code ?? "completed";
        EndedAt = at;
    }
}
