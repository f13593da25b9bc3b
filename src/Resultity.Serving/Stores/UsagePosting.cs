using Resultity.Serving.Metering;

namespace Resultity.Serving.Stores;

/// <summary>Usage that is recorded together, and once: of a durable request, of a line of a batch, or of the interactive requests of a moment.</summary>
public sealed record UsagePosting
{
    /// <summary>The identifier of what was used up; a second posting of the same identifier is left out.</summary>
    public required string Id { get; init; }

    /// <summary>The batch that it belongs to, if it does.</summary>
    public string? BatchId { get; init; }

    /// <summary>What was used: one row for each attempt, or for each sum of attempts.</summary>
    public required IReadOnlyList<UsageRow> Rows { get; init; }

    /// <summary>The posting of one durable thing's attempts.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="entries">Its attempts, as a <see cref="UsageCollector"/> has gathered them.</param>
    /// <param name="at">When it ended.</param>
    /// <param name="batchId">The batch that it belongs to, if it does.</param>
    public static UsagePosting Of(string id, IReadOnlyList<UsageEntry> entries, DateTimeOffset at, string? batchId = null) =>
        new() { Id = id, BatchId = batchId, Rows = [.. entries.Select(entry => UsageRow.Of(entry, at))] };
}
