using System.Buffers;
using System.Text.Json;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Serving.Jobs;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Requests;

/// <summary>The object <c>inference.request</c> and lists of it. What is not known is left out.</summary>
internal sealed class RequestJson(LiveJobs live)
{
    /// <summary>One request as it is now.</summary>
    /// <param name="job">The request as it was read.</param>
    /// <param name="pathBase">The part of the path in front of <c>/v1</c>.</param>
    public ReadOnlyMemory<byte> One(Job job, string pathBase)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        Write(writer, job, pathBase);
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>A request that is answered on its own connection now.</summary>
    public static ReadOnlyMemory<byte> Live(LiveRequest request, string pathBase)
    {
        var progress = request.Request.Progress;
        var attempts = progress.Attempts.Select(static attempt => new JobAttempt(attempt.Node, attempt.StartedAt, attempt.EndedAt, attempt.Outcome)).ToList();
        var job = new Job
        {
            Id = request.Request.Id,
            Kind = "",
            Namespace = request.Request.Caller.Namespace,
            KeyId = request.Request.Caller.KeyId,
            Endpoint = request.Endpoint,
            Model = request.Request.Model,
            Stream = request.Request.Stream,
            CreatedAt = request.StartedAt,
            StartedAt = attempts.Count > 0 ? attempts[0].StartedAt : null,
            Status = request.IsCancelled ? JobStatus.Cancelling : attempts.Count > 0 ? JobStatus.InProgress : JobStatus.Queued,
            Attempts = attempts,

            // It is not kept: it is here until it ends.
            Deadline = request.Request.Deadline ?? default,
            Retention = TimeSpan.Zero,
        };
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        Write(writer, job, job.Attempts, progress.Ticket, progress.Loading, pathBase);
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>A page of requests.</summary>
    public ReadOnlyMemory<byte> List(Page<Job> page, string pathBase)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        foreach (var job in page.Items)
        {
            Write(writer, job, pathBase);
        }

        writer.WriteEndArray();
        writer.WriteString("first_id"u8, page.Items.Count > 0 ? page.Items[0].Id : null);
        writer.WriteString("last_id"u8, page.Items.Count > 0 ? page.Items[^1].Id : null);
        writer.WriteBoolean("has_more"u8, page.HasMore);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>What a client is told of a deletion.</summary>
    public static ReadOnlyMemory<byte> Deleted(string id)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("object"u8, "inference.request"u8);
        writer.WriteBoolean("deleted"u8, true);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private void Write(Utf8JsonWriter writer, Job job, string pathBase)
    {
        var run = live.TryFind(job, out var found) ? found : null;
        Write(writer, job, run is null ? job.Attempts : run.Attempts, run?.Ticket, run?.Loading, pathBase, run?.Progress);
    }

    private static void Write(Utf8JsonWriter writer, Job job, IReadOnlyList<JobAttempt> attempts, QueueTicket? ticket, ModelLoading? loading, string pathBase, int? progress = null)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, job.Id);
        writer.WriteString("request_id"u8, job.Id);
        writer.WriteString("object"u8, "inference.request"u8);
        writer.WriteString("status"u8, job.Status.Name());
        writer.WriteString("endpoint"u8, job.Endpoint);
        writer.WriteString("model"u8, job.Model);
        writer.WriteBoolean("stream"u8, job.Stream);
        if (job.Status == JobStatus.Queued)
        {
            WriteQueue(writer, job, ticket);
        }

        if (!job.Status.IsFinal())
        {
            LoadingJson.WriteProperty(writer, loading);
        }

        if (progress is { } percent)
        {
            writer.WriteNumber("progress"u8, percent);
        }

        writer.WriteNumber("created_at"u8, job.CreatedAt.ToUnixTimeSeconds());
        WriteTime(writer, "started_at"u8, job.StartedAt);
        WriteTime(writer, "finished_at"u8, job.FinishedAt);
        WriteTime(writer, "expires_at"u8, job.ExpiresAt == default ? null : job.ExpiresAt);
        WriteAttempts(writer, attempts);
        if (job.Status.IsFinal())
        {
            WriteEnd(writer, job);
        }

        if (job.Metadata is not null)
        {
            writer.WritePropertyName("metadata"u8);
            writer.WriteRawValue(job.Metadata);
        }

        var self = $"{pathBase}{RequestEndpoints.Path}/{job.Id}";
        writer.WriteString("status_url"u8, self);
        writer.WriteString("response_url"u8, self + "/response");
        writer.WriteString("events_url"u8, self + "/events");
        writer.WriteString("cancel_url"u8, self + "/cancel");
        writer.WriteEndObject();
    }

    private static void WriteQueue(Utf8JsonWriter writer, Job job, QueueTicket? ticket)
    {
        var facts = ticket?.Read() ?? new QueueFacts();
        QueueJson.WriteProperty(writer, job.Fault is { } fault ? facts with { Possible = fault.Queue?.Possible ?? false, Reason = fault.Code } : facts);
    }

    private static void WriteAttempts(Utf8JsonWriter writer, IReadOnlyList<JobAttempt> attempts)
    {
        writer.WriteStartArray("attempts"u8);
        foreach (var attempt in attempts)
        {
            writer.WriteStartObject();
            writer.WriteString("node"u8, attempt.Node);
            writer.WriteNumber("started_at"u8, attempt.StartedAt.ToUnixTimeSeconds());
            WriteTime(writer, "ended_at"u8, attempt.EndedAt);
            writer.WriteString("outcome"u8, attempt.Outcome);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteEnd(Utf8JsonWriter writer, Job job)
    {
        if (job.Status is JobStatus.Failed or JobStatus.Expired)
        {
            FaultJson.WriteProperty(writer, RequestFaults.Of(job));
        }

        if (job.Usage != default)
        {
            writer.WriteStartObject("usage"u8);
            writer.WriteNumber("input_tokens"u8, job.Usage.InputTokens);
            writer.WriteNumber("output_tokens"u8, job.Usage.OutputTokens);
            writer.WriteNumber("cached_tokens"u8, job.Usage.CachedTokens);
            writer.WriteNumber("total_tokens"u8, job.Usage.TotalTokens);
            writer.WriteEndObject();
        }
    }

    private static void WriteTime(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            writer.WriteNumber(name, known.ToUnixTimeSeconds());
        }
    }
}
