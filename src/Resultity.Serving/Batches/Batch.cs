using Resultity.Contracts.Values;

namespace Resultity.Serving.Batches;

/// <summary>Many requests in one file, as it is kept: everything but its lines.</summary>
public sealed record Batch
{
    /// <summary>Prefix of the identifiers of batches.</summary>
    public const string IdPrefix = "batch_";

    /// <summary>The identifier; its last 26 characters sort by time.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>The key that it was submitted with; its limits hold for every line.</summary>
    public required string KeyId { get; init; }

    /// <summary>The path that lines are meant for which name none themselves; <see langword="null"/> if every line names its own.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The file with the lines.</summary>
    public required string InputFileId { get; init; }

    /// <summary>The blob with the lines. Kept as long as the batch runs, also if the file is deleted meanwhile.</summary>
    public required string InputBlob { get; init; }

    /// <summary>How long it may take, as the client wrote it.</summary>
    public required string CompletionWindow { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The end of its window: lines that have no result then get none.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How long its files are kept; <see langword="null"/> leaves it to their purpose.</summary>
    public TimeSpan? OutputLifetime { get; init; }

    /// <summary>The client's own pairs as a JSON object, if it gave any.</summary>
    public string? Metadata { get; init; }

    /// <summary>The batch whose failed lines these are.</summary>
    public string? RetryOf { get; init; }

    /// <summary>Where it is in its life.</summary>
    public BatchStatus Status { get; init; }

    /// <summary>How many times it was claimed: the fencing token. Only the latest claim may record anything.</summary>
    public int Attempt { get; init; }

    /// <summary>When its lines began to run.</summary>
    public DateTimeOffset? InProgressAt { get; init; }

    /// <summary>When every line had a result.</summary>
    public DateTimeOffset? FinalizingAt { get; init; }

    /// <summary>When a cancel was asked for.</summary>
    public DateTimeOffset? CancellingAt { get; init; }

    /// <summary>When its status became final.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How many lines there are; 0 until they are counted.</summary>
    public int Total { get; init; }

    /// <summary>How many lines have an answer.</summary>
    public int Completed { get; init; }

    /// <summary>How many lines have a fault in place of an answer.</summary>
    public int Failed { get; init; }

    /// <summary>What its lines consumed: the sum over their results.</summary>
    public Usage Usage { get; init; }

    /// <summary>The model, if all lines name the same.</summary>
    public string? Model { get; init; }

    /// <summary>What is wrong with the input.</summary>
    public IReadOnlyList<BatchError> Errors { get; init; } = [];

    /// <summary>The file with the answers, once there are any and it is finished.</summary>
    public string? OutputFileId { get; init; }

    /// <summary>The file with the faults, once there are any and it is finished.</summary>
    public string? ErrorFileId { get; init; }
}

/// <summary>Something wrong in a batch's input.</summary>
/// <param name="Code">The machine-readable reason.</param>
/// <param name="Message">A sentence for people: what was wrong, and what would be right.</param>
/// <param name="Line">The line's number, from 1; <see langword="null"/> if it is not about one line.</param>
/// <param name="Param">The field at fault.</param>
public sealed record BatchError(string Code, string Message, int? Line = null, string? Param = null);
