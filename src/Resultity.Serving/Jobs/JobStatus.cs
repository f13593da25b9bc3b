namespace Resultity.Serving.Jobs;

/// <summary>Where a job is in its life.</summary>
/// <remarks>
/// <c>Queued → InProgress → Completed | Failed</c>; a cancel makes <see cref="Aborted"/> of a queued job at once, and <see cref="Cancelling"/>,
/// then <see cref="Cancelled"/> of a running one; a deadline makes <see cref="Expired"/> of either. The last five are final.
/// </remarks>
public enum JobStatus
{
    /// <summary>Accepted; no node has it yet.</summary>
    Queued,

    /// <summary>A node works on it.</summary>
    InProgress,

    /// <summary>A cancel was asked for; the node is being stopped.</summary>
    Cancelling,

    /// <summary>There is an answer.</summary>
    Completed,

    /// <summary>There is a fault in place of an answer.</summary>
    Failed,

    /// <summary>It was stopped while it ran.</summary>
    Cancelled,

    /// <summary>It was cancelled before it started; it cost nothing.</summary>
    Aborted,

    /// <summary>Its deadline passed before it had finished.</summary>
    Expired,
}

/// <summary>The names of statuses on the wire and in storage.</summary>
public static class JobStatusNames
{
    private static readonly string[] Names =
        ["queued", "in_progress", "cancelling", "completed", "failed", "cancelled", "aborted", "expired"];

    /// <summary>The status as clients see it.</summary>
    public static string Name(this JobStatus status) => Names[(int)status];

    /// <summary>Whether the status never changes again.</summary>
    public static bool IsFinal(this JobStatus status) => status >= JobStatus.Completed;

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string? name, out JobStatus status)
    {
        var index = Array.IndexOf(Names, name);
        status = (JobStatus)index;
        return index >= 0;
    }
}
