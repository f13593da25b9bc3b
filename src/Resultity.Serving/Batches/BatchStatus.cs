namespace Resultity.Serving.Batches;

/// <summary>Where a batch is in its life.</summary>
/// <remarks>
/// <c>Validating → InProgress → Finalizing → Completed</c>; validation may end it as <see cref="Failed"/>; a cancel makes <see cref="Cancelling"/>,
/// then <see cref="Cancelled"/>; the end of its window makes <see cref="Expired"/>. The last four are final.
/// </remarks>
public enum BatchStatus
{
    /// <summary>Its input is being checked.</summary>
    Validating,

    /// <summary>Its lines run.</summary>
    InProgress,

    /// <summary>Every line has a result; the files are being written.</summary>
    Finalizing,

    /// <summary>A cancel was asked for; lines are being stopped and files written.</summary>
    Cancelling,

    /// <summary>Every line was run.</summary>
    Completed,

    /// <summary>Its input is wrong; nothing was run.</summary>
    Failed,

    /// <summary>Its window ended before every line was run.</summary>
    Expired,

    /// <summary>It was cancelled before every line was run.</summary>
    Cancelled,
}

/// <summary>The names of statuses on the wire and in storage.</summary>
public static class BatchStatusNames
{
    private static readonly string[] Names =
        ["validating", "in_progress", "finalizing", "cancelling", "completed", "failed", "expired", "cancelled"];

    /// <summary>The status as clients see it.</summary>
    public static string Name(this BatchStatus status) => Names[(int)status];

    /// <summary>Whether the status never changes again.</summary>
    public static bool IsFinal(this BatchStatus status) => status >= BatchStatus.Completed;

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string? name, out BatchStatus status)
    {
        var index = Array.IndexOf(Names, name);
        status = (BatchStatus)index;
        return index >= 0;
    }
}
