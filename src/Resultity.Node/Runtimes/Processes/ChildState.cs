namespace Resultity.Node.Runtimes.Processes;

/// <summary>Where a supervised child is in its life.</summary>
public enum ChildState
{
    /// <summary>Not running; starts when it is wanted.</summary>
    Stopped,

    /// <summary>Started, not ready yet.</summary>
    Starting,

    /// <summary>Serves.</summary>
    Ready,

    /// <summary>Being ended because it was asked for.</summary>
    Stopping,

    /// <summary>Failed; not started again before its backoff is over.</summary>
    BackingOff,
}
