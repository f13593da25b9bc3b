using Resultity.Serving.Admission;

namespace Resultity.Serving.Batches;

/// <summary>What is to become a batch.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="InputFileId">The file with the lines.</param>
public sealed record BatchDraft(Caller Caller, string InputFileId)
{
    /// <summary>The identifier that the batch is to have; <see langword="null"/> makes one.</summary>
    public string? Id { get; init; }

    /// <summary>The path that lines are meant for which name none themselves.</summary>
    public string? Endpoint { get; init; }

    /// <summary>How long it may take, as the client wrote it.</summary>
    public string CompletionWindow { get; init; } = "24h";

    /// <summary>How long it may take.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long its files are kept; <see langword="null"/> leaves it to their purpose.</summary>
    public TimeSpan? OutputLifetime { get; init; }

    /// <summary>The client's own pairs as a JSON object.</summary>
    public string? Metadata { get; init; }

    /// <summary>The batch whose failed lines these are.</summary>
    public string? RetryOf { get; init; }
}
