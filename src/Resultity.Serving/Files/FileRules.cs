namespace Resultity.Serving.Files;

/// <summary>Limits and times of files and uploads.</summary>
public sealed class FileRules
{
    /// <summary>The largest file, in bytes.</summary>
    /// <value>536,870,912 (512 MiB).</value>
    public long MaxFileBytes { get; set; } = 512L << 20;

    /// <summary>The largest input file of a batch, in bytes.</summary>
    /// <value>209,715,200 (200 MiB).</value>
    public long MaxBatchFileBytes { get; set; } = 200L << 20;

    /// <summary>The largest file that arrives as an upload in parts, in bytes.</summary>
    /// <value>8,589,934,592 (8 GiB).</value>
    public long MaxUploadBytes { get; set; } = 8L << 30;

    /// <summary>The largest part of an upload, in bytes.</summary>
    /// <value>67,108,864 (64 MiB).</value>
    public long MaxPartBytes { get; set; } = 64L << 20;

    /// <summary>The most that the files of one namespace may have together, in bytes.</summary>
    /// <value>107,374,182,400 (100 GiB).</value>
    public long MaxNamespaceBytes { get; set; } = 100L << 30;

    /// <summary>How long input and output files of batches are kept when nobody says.</summary>
    /// <value>30 days. Other files are kept until they are deleted.</value>
    public TimeSpan BatchFileLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long an upload in parts may take.</summary>
    /// <value>1 hour.</value>
    public TimeSpan UploadLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The largest file for a purpose, when it comes in one piece.</summary>
    /// <param name="purpose">The purpose; <see langword="null"/> while it is not known.</param>
    public long LimitOf(string? purpose) => purpose == FilePurpose.Batch ? Math.Min(MaxBatchFileBytes, MaxFileBytes) : MaxFileBytes;

    /// <summary>When a file of a purpose expires if nobody says.</summary>
    public DateTimeOffset? ExpiryOf(string purpose, DateTimeOffset createdAt) =>
        purpose is FilePurpose.Batch or FilePurpose.BatchOutput ? createdAt + BatchFileLifetime : null;
}

/// <summary>What files are for.</summary>
public static class FilePurpose
{
    /// <summary>The input of a batch.</summary>
    public const string Batch = "batch";

    /// <summary>The results of a batch.</summary>
    public const string BatchOutput = "batch_output";

    /// <summary>Those that a client may give a file.</summary>
    public static IReadOnlyList<string> Given { get; } = ["assistants", Batch, "fine-tune", "vision", "user_data", "evals"];

    /// <summary>All that a file can have.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Given, BatchOutput];
}
