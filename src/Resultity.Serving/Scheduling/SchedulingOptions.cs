namespace Resultity.Serving.Scheduling;

/// <summary>How requests wait and where they go.</summary>
public sealed class SchedulingOptions
{
    /// <summary>The most requests that wait for one model before new ones are refused.</summary>
    /// <value>1000.</value>
    public int MaxQueueLength { get; set; } = 1000;

    /// <summary>The most requests of one namespace that wait for one model.</summary>
    /// <value>500.</value>
    public int MaxQueueLengthPerNamespace { get; set; } = 500;

    /// <summary>While both queues wait, one placement in this many goes to the background queue.</summary>
    /// <value>8.</value>
    public int BackgroundShare { get; set; } = 8;

    /// <summary>How long a request for a model that no node offers any more waits for one to come back.</summary>
    /// <value>5 seconds.</value>
    public TimeSpan NodeReturnGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The first pause after a node failed; it doubles with each failure in a row, up to 30 seconds.</summary>
    /// <value>500 milliseconds.</value>
    public TimeSpan NodeFailurePause { get; set; } = TimeSpan.FromMilliseconds(500);
}
