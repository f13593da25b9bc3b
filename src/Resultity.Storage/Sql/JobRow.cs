using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;

namespace Resultity.Storage.Sql;

/// <summary>A row of <c>jobs</c>.</summary>
internal sealed class JobRow
{
    public const string Columns = """
        id AS Id, kind AS Kind, namespace AS Namespace, key_id AS KeyId, endpoint AS Endpoint, model AS Model, content_type AS ContentType,
        stream AS Stream, created_at AS CreatedAt, deadline AS Deadline, retention AS Retention, read_once AS ReadOnce, metadata AS Metadata,
        status AS Status, attempt AS Attempt, started_at AS StartedAt, finished_at AS FinishedAt, attempts AS Attempts, fault AS Fault,
        input_tokens AS InputTokens, output_tokens AS OutputTokens, cached_tokens AS CachedTokens,
        images AS Images, audio_milliseconds AS AudioMilliseconds
        """;

    public const string Select = $"SELECT {Columns} FROM jobs";

    public const string Insert = """
        INSERT INTO jobs (id, sort_key, kind, namespace, key_id, endpoint, model, content_type, stream, created_at, deadline, retention, read_once,
                          metadata, webhook_url, status, attempt, available_at)
        VALUES (@Id, @SortKey, @Kind, @Namespace, @KeyId, @Endpoint, @Model, @ContentType, @Stream, @CreatedAt, @Deadline, @Retention, @ReadOnce,
                @Metadata, @WebhookUrl, @Status, @Attempt, @CreatedAt)
        """;

    public string Id { get; init; } = "";
    public string SortKey { get; init; } = "";
    public string Kind { get; init; } = "";
    public string Namespace { get; init; } = "";
    public string KeyId { get; init; } = "";
    public string Endpoint { get; init; } = "";
    public string Model { get; init; } = "";
    public string ContentType { get; init; } = "";
    public long Stream { get; init; }
    public long CreatedAt { get; init; }
    public long Deadline { get; init; }
    public long Retention { get; init; }
    public long ReadOnce { get; init; }
    public string? Metadata { get; init; }
    public string? WebhookUrl { get; init; }
    public string Status { get; init; } = "";
    public int Attempt { get; init; }
    public long? StartedAt { get; init; }
    public long? FinishedAt { get; init; }
    public string? Attempts { get; init; }
    public string? Fault { get; init; }
    public long InputTokens { get; init; }
    public long OutputTokens { get; init; }
    public long CachedTokens { get; init; }
    public long Images { get; init; }
    public long AudioMilliseconds { get; init; }

    /// <summary>The row of a job that is new.</summary>
    public static JobRow Of(Job job) => new()
    {
        Id = job.Id,
        SortKey = job.Id.ToSortKey(),
        Kind = job.Kind,
        Namespace = job.Namespace,
        KeyId = job.KeyId,
        Endpoint = job.Endpoint,
        Model = job.Model,
        ContentType = job.ContentType,
        Stream = job.Stream ? 1 : 0,
        CreatedAt = job.CreatedAt.ToColumn(),
        Deadline = job.Deadline.ToColumn(),
        Retention = (long)job.Retention.TotalMilliseconds,
        ReadOnce = job.ReadOnce ? 1 : 0,
        Metadata = job.Metadata,
        WebhookUrl = job.WebhookUrl,
        Status = JobStatus.Queued.Name(),
        Attempt = 0,
    };

    public Job ToJob() => new()
    {
        Id = Id,
        Kind = Kind,
        Namespace = Namespace,
        KeyId = KeyId,
        Endpoint = Endpoint,
        Model = Model,
        ContentType = ContentType,
        Stream = Stream != 0,
        CreatedAt = CreatedAt.ToTime(),
        Deadline = Deadline.ToTime(),
        Retention = TimeSpan.FromMilliseconds(Retention),
        ReadOnce = ReadOnce != 0,
        Metadata = Metadata,
        Status = StatusOf(Status),
        Attempt = Attempt,
        StartedAt = StartedAt.ToTime(),
        FinishedAt = FinishedAt.ToTime(),
        Attempts = Attempts.ToAttempts(),
        Fault = Fault.ToFault(),
        Usage = new Usage(InputTokens, OutputTokens, CachedTokens) { Images = Images, AudioMilliseconds = AudioMilliseconds },
    };

    public static JobStatus StatusOf(string column) => JobStatusNames.TryParse(column, out var status) ? status
        : throw new InvalidDataException($"'{column}' is no status of a job; was the database written by a newer version?");
}
