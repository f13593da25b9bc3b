using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Scheduling;

/// <summary>A place in a queue.</summary>
public abstract class QueueTicket
{
    /// <summary>How many requests will be placed before this one, as far as is known; 0 is next.</summary>
    public abstract int Ahead { get; }

    /// <summary>The place, and how long the wait may still take.</summary>
    public abstract QueueFacts Read();

    /// <summary>How far the model's load is, if it waits for that; <see langword="null"/> if the model is ready somewhere, or nothing loads it.</summary>
    public abstract ModelLoading? Loading { get; }

    /// <summary>When the wait began.</summary>
    public abstract DateTimeOffset Since { get; }
}
