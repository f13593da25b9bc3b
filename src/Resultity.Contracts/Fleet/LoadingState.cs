namespace Resultity.Contracts.Fleet;

/// <summary>What happens to a model that is wanted and not ready yet.</summary>
public enum LoadingState
{
    /// <summary>Other models hold the memory that it needs; they make room when what they run has ended.</summary>
    Waiting,

    /// <summary>Its weights are being read.</summary>
    Loading,

    /// <summary>It is loaded, and a short request of the node's own shows whether it works.</summary>
    Testing,
}
