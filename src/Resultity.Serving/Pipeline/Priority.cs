namespace Resultity.Serving.Pipeline;

/// <summary>Which queue a request waits in. Somebody waits on an interactive one; nobody starves.</summary>
public enum Priority
{
    /// <summary>A client holds the connection.</summary>
    Interactive,

    /// <summary>Polling, batch and background work.</summary>
    Background,
}
