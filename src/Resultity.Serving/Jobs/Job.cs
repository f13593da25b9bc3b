using Resultity.Contracts.Values;
using Resultity.Serving.Metering;

namespace Resultity.Serving.Jobs;

/// <summary>A durable request as it is kept: everything but its body and its answer.</summary>
public sealed record Job
{
    /// <summary>Prefix of the identifiers of requests.</summary>
    public const string IdPrefix = "req_";

    /// <summary>The identifier; its last 26 characters sort by time (see <see cref="Contracts.Values.Id"/>).</summary>
    public required string Id { get; init; }

    /// <summary>The name of the <see cref="IJobKind"/> that runs it.</summary>
    public required string Kind { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>The key that it was submitted with; its limits hold when the job runs.</summary>
    public required string KeyId { get; init; }

    /// <summary>The path that it was submitted to.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model's name as the client wrote it.</summary>
    public required string Model { get; init; }

    /// <summary>The content type of the body.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Whether the answer is a stream of events.</summary>
    public bool Stream { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>A job that is not finished then becomes <see cref="JobStatus.Expired"/>.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>How long the answer is kept after the end.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>The answer is deleted as soon as it was read once.</summary>
    public bool ReadOnce { get; init; }

    /// <summary>The client's own pairs as a JSON object, if it gave any.</summary>
    public string? Metadata { get; init; }

    /// <summary>A receiver that is told of its end, beside those of the namespace.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>Where it is in its life.</summary>
    public JobStatus Status { get; init; }

    /// <summary>How many times it was claimed: the fencing token. Only the latest claim may record anything.</summary>
    public int Attempt { get; init; }

    /// <summary>When a node first had it.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its status became final.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The tries on nodes, recorded at the end.</summary>
    public IReadOnlyList<JobAttempt> Attempts { get; init; } = [];

    /// <summary>Why there is no answer, or why a queued job could not be served when it was tried.</summary>
    public Fault? Fault { get; init; }

    /// <summary>What it consumed, recorded at the end.</summary>
    public Usage Usage { get; init; }

    /// <summary>When it ends in any case: the deadline, or once it is finished the end of its retention.</summary>
    public DateTimeOffset ExpiresAt => FinishedAt is { } finished ? finished + Retention : Deadline;
}

/// <summary>One try of a job on one node.</summary>
/// <param name="Node">The node's identifier.</param>
/// <param name="StartedAt">When the request was sent.</param>
/// <param name="EndedAt">When it ended; <see langword="null"/> while it runs.</param>
/// <param name="Outcome"><c>running</c>, <c>completed</c>, or the code of the fault that ended it.</param>
public sealed record JobAttempt(string Node, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string Outcome);

/// <summary>How a job ended: what is recorded exactly once.</summary>
public sealed record JobResult
{
    /// <summary>A final status.</summary>
    public required JobStatus Status { get; init; }

    /// <summary>The content type of the answer.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The answer, as the synchronous call would have sent it. The owner keeps the bytes unchanged until it is recorded.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Why there is no answer, or only a part of one.</summary>
    public Fault? Fault { get; init; }

    /// <summary>The tries on nodes.</summary>
    public IReadOnlyList<JobAttempt> Attempts { get; init; } = [];

    /// <summary>What was consumed. The runner makes it the sum of <see cref="Charges"/>.</summary>
    public Usage Usage { get; init; }

    /// <summary>What the event of its end calls the ending, where the status does not say enough.</summary>
    public string? Ending { get; init; }

    /// <summary>What each attempt used; recorded in the ledger together with the result.</summary>
    public IReadOnlyList<UsageEntry> Charges { get; init; } = [];
}
