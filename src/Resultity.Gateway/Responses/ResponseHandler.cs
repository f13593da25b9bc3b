using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.Retries;
using Resultity.Gateway.Responses.Background;
using Resultity.Serving.Admission;
using Resultity.Serving.Jobs;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Responses;

/// <summary><c>POST /v1/responses</c>: read, prepare, run, store, and deliver whole, as events, or later.</summary>
internal sealed class ResponseHandler(
    ResponseIntake intake,
    ResponseArchive archive,
    ResponseStreamDelivery streams,
    BackgroundResponses background,
    ResponseFollower follower,
    ResponseStart start,
    LiveRequests live,
    AdmissionControl admission,
    IEnumerable<IPollingSubmission> polling,
    IdempotentRequests idempotency,
    SdkRetries retries,
    IEnumerable<IReceiverCheck> receivers,
    IOptions<GatewayHttpOptions> options,
    TimeProvider time)
{
    private readonly IPollingSubmission? _polling = polling.FirstOrDefault();
    private readonly IReceiverCheck? _receivers = receivers.FirstOrDefault();

    /// <summary>Handles a request for a response.</summary>
    public async Task CreateAsync(HttpContext context)
    {
        if (!(await JsonBodyReader.ReadAsync(context, options.Value.JsonBodyLimit)).TryGet(out var body, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        using (body)
        {
            if (!ResponseRequestReader.Read(body.Memory.Span).TryGet(out var request, out fault)
                || !RequestHints.Deadline(context.Request, time).TryGet(out var deadline, out fault))
            {
                await FaultWriter.WriteAsync(context, fault);
                return;
            }

            var envelope = Envelope(context, body.Memory, deadline);
            await (IdempotentRequests.IsAskedBy(context.Request) ? CreateKeyedAsync(context, request, body.Memory, deadline)
                : SdkRetries.IsWatched(context.Request)
                    ? retries.RunAsync(context, body.Memory, request is { Stream: true, Background: false } && !RequestHints.WantsPolling(context.Request), () => CreateAsync(context, request, envelope))
                : CreateAsync(context, request, envelope));
        }
    }

    private static StoredRequest Envelope(HttpContext context, ReadOnlyMemory<byte> body, DateTimeOffset? deadline) =>
        new(context.RequestId, ResponseEndpoints.Path, "application/json", body, context.Caller) { Deadline = deadline, Priority = Priority.Interactive };

    private Task CreateKeyedAsync(HttpContext context, ResponseRequest request, ReadOnlyMemory<byte> body, DateTimeOffset? deadline) =>
        idempotency.RunAsync(context, body, _ => CreateAsync(context, request, Envelope(context, body, deadline)));

    private async Task CreateAsync(HttpContext context, ResponseRequest request, StoredRequest envelope)
    {
        if (!(await intake.PrepareAsync(request, envelope, context.RequestAborted)).TryGet(out var prepared, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        prepared.Chat.Recorder = context.GatewayRequest.Keyed?.Usage;
        if (request.Background)
        {
            await SubmitAsync(context, prepared, envelope);
        }
        else if (_polling is not null && RequestHints.WantsPolling(context.Request))
        {
            await _polling.SubmitAsync(context, BackgroundResponses.JobOf(prepared, envelope));
        }
        else if (request.Stream)
        {
            await streams.DeliverAsync(context, prepared);
        }
        else
        {
            await DeliverWholeAsync(context, prepared);
        }
    }

    private async Task SubmitAsync(HttpContext context, PreparedResponse prepared, StoredRequest envelope)
    {
        string? receiver = null;
        if (_receivers is not null && !(await _receivers.ReadAsync(context)).TryGet(out receiver, out var refused))
        {
            await FaultWriter.WriteAsync(context, refused);
            return;
        }

        try
        {
            await background.SubmitAsync(prepared, envelope, receiver, mayBeThere: context.GatewayRequest.Keyed is { IsTakeover: true });
        }
        catch (StorageException e)
        {
            await FaultWriter.WriteAsync(context, e.Fault);
            return;
        }

        if (prepared.State.Request.Stream && await archive.FindAsync(prepared.Namespace, prepared.State.Id, context.RequestAborted) is { } stored)
        {
            await follower.FollowAsync(context, stored, from: 0);
        }
        else
        {
            await JsonAnswer.WriteAsync(context, prepared.State.ToJson());
        }
    }

    private async Task DeliverWholeAsync(HttpContext context, PreparedResponse prepared)
    {
        using var running = live.Open(ResponseEndpoints.Path, prepared.Chat, context.RequestAborted);
        var outcome = await start.StartAsync(prepared, observe: null, running.Stop);
        RateLimitHeaders.Write(context.Response, admission.Read(prepared.Chat.Caller));
        if (!outcome.TryGet(out var stream, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        await using (stream)
        {
            AnswerHeaders.Write(context.Response, prepared.Chat, stream);
            fault = ResponseAssembly.Assemble(prepared.State, stream.Body, stream.Usage, time) ?? await StoreAsync(prepared);
        }

        await (fault is null ? JsonAnswer.WriteAsync(context, prepared.State.ToJson()) : FaultWriter.WriteAsync(context, fault));
    }

    // The answer is there and paid for: it is stored also if the client leaves at this moment.
    private async ValueTask<Fault?> StoreAsync(PreparedResponse prepared)
    {
        if (!prepared.State.Request.Store)
        {
            return null;
        }

        try
        {
            await archive.PutAsync(prepared, CancellationToken.None);
            return null;
        }
        catch (StorageException e)
        {
            return e.Fault;
        }
    }
}
