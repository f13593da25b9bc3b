namespace Resultity.Contracts.Fleet;

/// <summary>How far the loading of a model is.</summary>
public sealed record ModelLoading
{
    /// <summary>What happens now.</summary>
    public required LoadingState State { get; init; }

    /// <summary>What share of the load is done, 0 to 1; absent where it cannot be seen. It never goes back within one load.</summary>
    public double? Progress { get; init; }

    /// <summary>Seconds until the model is ready, by the load's speed so far or by its last load; absent where neither is known.</summary>
    public double? EtaSeconds { get; init; }
}
