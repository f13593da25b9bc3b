using Resultity.Contracts.Values;
using Resultity.Serving.Batches;

namespace Resultity.Storage.Sql;

/// <summary>A row of <c>batches</c>.</summary>
internal sealed class BatchRow
{
    public const string Select = """
        SELECT id AS Id, namespace AS Namespace, key_id AS KeyId, endpoint AS Endpoint, input_file_id AS InputFileId, input_blob AS InputBlob,
               completion_window AS CompletionWindow, created_at AS CreatedAt, expires_at AS ExpiresAt, output_lifetime AS OutputLifetime, metadata AS Metadata,
               retry_of AS RetryOf, status AS Status, attempt AS Attempt, in_progress_at AS InProgressAt, finalizing_at AS FinalizingAt,
               cancelling_at AS CancellingAt, finished_at AS FinishedAt, total AS Total, completed AS Completed, failed AS Failed,
               input_tokens AS InputTokens, output_tokens AS OutputTokens, cached_tokens AS CachedTokens, model AS Model, errors AS Errors,
               output_file_id AS OutputFileId, error_file_id AS ErrorFileId
        FROM batches
        """;

    public const string Insert = """
        INSERT INTO batches (id, sort_key, namespace, key_id, endpoint, input_file_id, input_blob, completion_window, created_at, expires_at, output_lifetime,
                             metadata, retry_of, status, attempt)
        VALUES (@Id, @SortKey, @Namespace, @KeyId, @Endpoint, @InputFileId, @InputBlob, @CompletionWindow, @CreatedAt, @ExpiresAt, @OutputLifetime,
                @Metadata, @RetryOf, @Status, 0)
        """;

    public string Id { get; init; } = "";
    public string SortKey { get; init; } = "";
    public string Namespace { get; init; } = "";
    public string KeyId { get; init; } = "";
    public string? Endpoint { get; init; }
    public string InputFileId { get; init; } = "";
    public string InputBlob { get; init; } = "";
    public string CompletionWindow { get; init; } = "";
    public long CreatedAt { get; init; }
    public long ExpiresAt { get; init; }
    public long? OutputLifetime { get; init; }
    public string? Metadata { get; init; }
    public string? RetryOf { get; init; }
    public string Status { get; init; } = "";
    public int Attempt { get; init; }
    public long? InProgressAt { get; init; }
    public long? FinalizingAt { get; init; }
    public long? CancellingAt { get; init; }
    public long? FinishedAt { get; init; }
    public int Total { get; init; }
    public int Completed { get; init; }
    public int Failed { get; init; }
    public long InputTokens { get; init; }
    public long OutputTokens { get; init; }
    public long CachedTokens { get; init; }
    public string? Model { get; init; }
    public string? Errors { get; init; }
    public string? OutputFileId { get; init; }
    public string? ErrorFileId { get; init; }

    /// <summary>The row of a batch that is new.</summary>
    public static BatchRow Of(Batch batch) => new()
    {
        Id = batch.Id,
        SortKey = batch.Id.ToSortKey(),
        Namespace = batch.Namespace,
        KeyId = batch.KeyId,
        Endpoint = batch.Endpoint,
        InputFileId = batch.InputFileId,
        InputBlob = batch.InputBlob,
        CompletionWindow = batch.CompletionWindow,
        CreatedAt = batch.CreatedAt.ToColumn(),
        ExpiresAt = batch.ExpiresAt.ToColumn(),
        OutputLifetime = (long?)batch.OutputLifetime?.TotalMilliseconds,
        Metadata = batch.Metadata,
        RetryOf = batch.RetryOf,
        Status = BatchStatus.Validating.Name(),
    };

    public Batch ToBatch() => new()
    {
        Id = Id,
        Namespace = Namespace,
        KeyId = KeyId,
        Endpoint = Endpoint,
        InputFileId = InputFileId,
        InputBlob = InputBlob,
        CompletionWindow = CompletionWindow,
        CreatedAt = CreatedAt.ToTime(),
        ExpiresAt = ExpiresAt.ToTime(),
        OutputLifetime = OutputLifetime is { } lifetime ? TimeSpan.FromMilliseconds(lifetime) : null,
        Metadata = Metadata,
        RetryOf = RetryOf,
        Status = StatusOf(Status),
        Attempt = Attempt,
        InProgressAt = InProgressAt.ToTime(),
        FinalizingAt = FinalizingAt.ToTime(),
        CancellingAt = CancellingAt.ToTime(),
        FinishedAt = FinishedAt.ToTime(),
        Total = Total,
        Completed = Completed,
        Failed = Failed,
        Usage = new Usage(InputTokens, OutputTokens, CachedTokens),
        Model = Model,
        Errors = Errors.ToErrors(),
        OutputFileId = OutputFileId,
        ErrorFileId = ErrorFileId,
    };

    public static BatchStatus StatusOf(string column) => BatchStatusNames.TryParse(column, out var status) ? status
        : throw new InvalidDataException($"'{column}' is no status of a batch; was the database written by a newer version?");
}
