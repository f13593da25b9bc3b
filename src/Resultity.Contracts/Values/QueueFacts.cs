namespace Resultity.Contracts.Values;

/// <summary>How long a wait may still take, as measured; see <see cref="QueueFacts"/>.</summary>
/// <param name="P50">Half of such waits end sooner.</param>
/// <param name="P90">Nine of ten end sooner.</param>
public readonly record struct WaitForecast(TimeSpan P50, TimeSpan P90);

/// <summary>Why a request waits and for how long, told the same way in refusals, in comments of streams and in status objects. What is not known is left out.</summary>
public sealed record QueueFacts
{
    /// <summary>Its place in the queue; 1 is next.</summary>
    public int? Position { get; init; }

    /// <summary>How many requests are ahead of it.</summary>
    public int? Ahead { get; init; }

    /// <summary>How long it may still wait.</summary>
    public WaitForecast? Eta { get; init; }

    /// <summary>Whether waiting can help: some node could serve it.</summary>
    public bool Possible { get; init; } = true;

    /// <summary>Why it waits or was refused, such as <c>queue_full</c>.</summary>
    public string? Reason { get; init; }
}
