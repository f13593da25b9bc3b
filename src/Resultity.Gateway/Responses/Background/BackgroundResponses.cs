using System.Text.Json;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Responses.Background;

/// <summary>Responses that are made while nobody waits: a stored object, and the job of the request that made it.</summary>
internal sealed class BackgroundResponses(ResponseArchive archive, JobQueue jobs, IOptions<ResponseOptions> options)
{
    private static readonly TimeSpan LongestCancel = TimeSpan.FromSeconds(5);

    /// <summary>Accepts a response. When this returns, it survives a power loss.</summary>
    /// <param name="prepared">The response; its state becomes queued.</param>
    /// <param name="envelope">The request as it came.</param>
    /// <param name="receiver">A receiver that is told of its end.</param>
    /// <param name="mayBeThere">An earlier run of the same request may have submitted it.</param>
    public async ValueTask SubmitAsync(PreparedResponse prepared, StoredRequest envelope, string? receiver, bool mayBeThere)
    {
        prepared.State.Status = "queued";
        if (mayBeThere && await jobs.GetAsync(prepared.Namespace, envelope.Id, CancellationToken.None) is not null)
        {
            return;
        }

        // The object first: a job that runs finds it, and an object whose job was never accepted reads as failed.
        await archive.PutAsync(prepared, CancellationToken.None);
        await jobs.SubmitAsync(JobOf(prepared, envelope) with { Retention = options.Value.Retention, WebhookUrl = receiver }, CancellationToken.None);
    }

    /// <summary>The job that runs a response.</summary>
    public static JobSubmission JobOf(PreparedResponse prepared, StoredRequest envelope) => new()
    {
        Id = envelope.Id,
        Kind = ResponseJobKind.KindName,
        Caller = envelope.Caller,
        Endpoint = envelope.Endpoint,
        Model = prepared.State.Request.Model,
        Body = envelope.Body,
        Stream = prepared.State.Request.Stream,
        Deadline = envelope.Deadline,
        Metadata = prepared.State.Request.Field("metadata")?.GetRawText(),
    };

    /// <summary>The response's object as it is now.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(StoredResponse stored, CancellationToken cancellation)
    {
        var response = JsonElement.Parse(stored.Object.Span);
        if (StoredObject.IsFinal(response.Text("status")))
        {
            return stored.Object;
        }

        var job = await jobs.GetAsync(stored.Namespace, ResponseIds.RequestOf(stored.Id), cancellation);
        if (job is null or { Status: JobStatus.Completed or JobStatus.Failed }
            && await archive.FindAsync(stored.Namespace, stored.Id, cancellation) is { } now && !now.Object.Span.SequenceEqual(stored.Object.Span))
        {
            // It ended between the two reads.
            return now.Object;
        }

        var (status, fault) = StatusOf(job);
        var current = StoredObject.WithStatus(response, status, fault);
        if (StoredObject.IsFinal(status))
        {
            await archive.PutAsync(stored with { Object = current }, cancellation);
        }

        return current;
    }

    /// <summary>Whether the response's events can be read.</summary>
    public async ValueTask<bool> IsStreamedAsync(StoredResponse stored, CancellationToken cancellation) =>
        await jobs.GetAsync(stored.Namespace, ResponseIds.RequestOf(stored.Id), cancellation) is { Stream: true };

    /// <summary>Cancels a response that is not finished.</summary>
    /// <returns>The response's object as it is then.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> CancelAsync(StoredResponse stored, CancellationToken cancellation)
    {
        if (await jobs.CancelAsync(stored.Namespace, ResponseIds.RequestOf(stored.Id), cancellation) is { Status: JobStatus.Cancelling })
        {
            await jobs.WaitAsync(stored.Namespace, ResponseIds.RequestOf(stored.Id), LongestCancel, cancellation);
        }

        return await ReadAsync(await archive.FindAsync(stored.Namespace, stored.Id, cancellation) ?? stored, cancellation);
    }

    /// <summary>Stops and forgets the job of a response that was deleted.</summary>
    public ValueTask<bool> DeleteAsync(string owner, string id, CancellationToken cancellation) => jobs.DeleteAsync(owner, ResponseIds.RequestOf(id), cancellation);

    private static (string Status, Fault? Fault) StatusOf(Job? job) => job?.Status switch
    {
        JobStatus.Queued => ("queued", null),
        JobStatus.InProgress or JobStatus.Cancelling => ("in_progress", null),
        JobStatus.Cancelled or JobStatus.Aborted => ("cancelled", null),
        JobStatus.Expired => ("failed", job.Fault ?? Expired),
        _ => ("failed", job?.Fault ?? Lost),
    };

    private static Fault Expired { get; } = new(FaultKind.DeadlineExceeded, "deadline_exceeded", "The request's deadline passed before the answer was complete.");

    private static Fault Lost { get; } = new(FaultKind.Internal, "internal_error", "The response was interrupted before it was accepted.");
}
