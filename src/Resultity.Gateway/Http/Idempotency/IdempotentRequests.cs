using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Serving.Idempotency;
using Resultity.Serving.Jobs;
using Resultity.Serving.Metering;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Http.Idempotency;

/// <summary>Makes retries safe: requests with the same <c>Idempotency-Key</c> are computed once, and all get the same answer.</summary>
/// <remarks>
/// <code>
///  key known here?  yes → wait with the others for its answer
///   │ no
///  claim in the store → an answer is there: give it again · held by another gateway: look again until there is one
///   │ claimed, durably
///  run the work; its response goes into a recording, which all clients of the key read
///   │
///  keep the answer, or give the key up if a retry should compute  (with what was used, in one transaction)
/// </code>
/// </remarks>
internal sealed partial class IdempotentRequests(
    IIdempotencyStore store, IUsageRecorder meter, IdempotencyOptions options, JobOptions jobs, IOptions<GatewayHttpOptions> http, TimeProvider time, ILogger<IdempotentRequests> logger)
{
    private const int MostTries = 3;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<(string Namespace, string Key), KeyedRun> _runs = new();

    /// <summary>Whether a request has a key. Those that have none take the short way.</summary>
    public static bool IsAskedBy(HttpRequest request) => request.Headers.ContainsKey(IdempotencyKey.Header);

    /// <summary>Answers a request that has a key.</summary>
    /// <param name="context">The request, validated, with a caller.</param>
    /// <param name="body">The body as it came, or a digest of it.</param>
    /// <param name="work">
    /// Computes the answer and writes it to the response, like any handler. It reads its identifier from the context only now, since a run that
    /// takes over from one that a crash ended has that one's. What it creates durably it names after that identifier, and in a run where
    /// <see cref="KeyedWork.IsTakeover"/> it looks first whether that is there.
    /// </param>
    public async Task RunAsync(HttpContext context, ReadOnlyMemory<byte> body, Func<KeyedWork, Task> work)
    {
        if (!IdempotencyKey.Read(context.Request).TryGet(out var key, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        var fingerprint = IdempotencyKey.Fingerprint(context.Request, body.Span);
        var place = (context.Caller.Namespace, key);
        while (!context.RequestAborted.IsCancellationRequested)
        {
            var mine = new KeyedRun(fingerprint, options.MaxAnswerBytes, http.Value.ResumeGrace, time);
            mine.Join();
            var run = _runs.GetOrAdd(place, mine);
            if (run.Fingerprint != fingerprint)
            {
                mine.Dispose();
                await FaultWriter.WriteAsync(context, IdempotencyKey.Reused);
                return;
            }

            if (run == mine)
            {
                await AnswerAsync(context, place, mine, work);
                return;
            }

            mine.Dispose();
            if (await AttachAsync(context, run))
            {
                return;
            }

            // The other came to nothing, and this one takes its place.
        }
    }

    /// <summary>A handler of JSON whose requests may have a key.</summary>
    /// <param name="handler">Handles the request, as if it had none; reads the body itself.</param>
    /// <param name="limit">The largest body, in bytes.</param>
    public RequestDelegate ForJson(RequestDelegate handler, int limit) => context => IsAskedBy(context.Request) ? RunJsonAsync(context, handler, limit) : handler(context);

    private async Task RunJsonAsync(HttpContext context, RequestDelegate handler, int limit)
    {
        if (context.Request.ContentLength == 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            await RunAsync(context, default, _ => handler(context));
            return;
        }

        if (!(await JsonBodyReader.ReadAsync(context, limit)).TryGet(out var body, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        using (body)
        {
            context.Request.Body = new MemoryStream(body.Memory.ToArray(), writable: false);
            context.Request.ContentLength = body.Memory.Length;
            await RunAsync(context, body.Memory, _ => handler(context));
        }
    }

    private static async Task<bool> AttachAsync(HttpContext context, KeyedRun run)
    {
        run.Join();
        try
        {
            return await run.SendAsync(context, context.Response.BodyWriter, isReplay: true, context.RequestAborted);
        }
        finally
        {
            run.Leave();
        }
    }

    private async Task AnswerAsync(HttpContext context, (string Namespace, string Key) place, KeyedRun run, Func<KeyedWork, Task> work)
    {
        try
        {
            var outcome = await ClaimAsync(context, place, run.Fingerprint);
            if (outcome.Claim is { } claim)
            {
                await ComputeAsync(context, run, claim, work);
            }
            else if (outcome.Answer is { } answer)
            {
                run.IsKept = true;
                run.Recording.Fill(answer);
                await run.SendAsync(context, context.Response.BodyWriter, isReplay: true, context.RequestAborted);
            }
            else
            {
                await FaultWriter.WriteAsync(context, IdempotencyKey.Reused);
            }
        }
        finally
        {
            // First out of reach, then at an end: who finds no answer in it comes again and must not find it again.
            _runs.TryRemove(KeyValuePair.Create(place, run));
            run.Recording.End(isBroken: true);
            run.Dispose();
        }
    }

    private async ValueTask<KeyClaimOutcome> ClaimAsync(HttpContext context, (string Namespace, string Key) place, string fingerprint)
    {
        var wanted = new KeyedRequest(place.Namespace, place.Key, fingerprint, context.RequestId);
        while (true)
        {
            var now = time.GetUtcNow();
            var outcome = await store.ClaimAsync(wanted, jobs.Owner, now, now + options.Lease, now + options.KeepFor, context.RequestAborted);
            if (!outcome.IsHeld)
            {
                return outcome;
            }

            await Task.Delay(LookAgain, time, context.RequestAborted);
        }
    }

    private async Task ComputeAsync(HttpContext context, KeyedRun run, KeyClaim claim, Func<KeyedWork, Task> work)
    {
        var keyed = new KeyedWork(claim);
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var gone = context.RequestAborted;
        context.GatewayRequest.Adopt(context, claim.RequestId);
        context.GatewayRequest.Keyed = keyed;
        context.Features.Set<IHttpResponseBodyFeature>(new RecordingBody(context.Response, run.Recording));
        context.RequestAborted = run.Stop;
        using var leaving = gone.UnsafeRegister(static state => ((KeyedRun)state!).Leave(), run);
        var sending = SendAsync(context, body, run, gone);
        var isWritten = false;
        bool isSettled;
        try
        {
            await work(keyed);
            await context.Response.CompleteAsync();
            isWritten = true;
        }
        finally
        {
            context.Features.Set(body);
            context.RequestAborted = gone;
            isSettled = await SettleAsync(run, claim, keyed, isWritten);

            // A client that comes while the abandoned work is being stopped is not given its end: it has the work done anew.
            run.Recording.End(isBroken: !isWritten || !isSettled || (run.Stop.IsCancellationRequested && !run.IsKept));
            await sending;
        }

        if (!isSettled)
        {
            throw new StorageException("The claim of an idempotency key was lost to another gateway while its request was computed.", TakenOver);
        }
    }

    private static async Task SendAsync(HttpContext context, IHttpResponseBodyFeature body, KeyedRun run, CancellationToken gone)
    {
        try
        {
            await run.SendAsync(context, body.Writer, isReplay: false, gone);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException)
        {
            // This client has gone; others may wait for the answer.
        }
    }

    /// <summary>Records what has come of the work.</summary>
    /// <returns><see langword="false"/> if another gateway has the key meanwhile: its answer counts.</returns>
    private async ValueTask<bool> SettleAsync(KeyedRun run, KeyClaim claim, KeyedWork keyed, bool isWritten)
    {
        var cost = UsagePosting.Of(claim.RequestId, keyed.Usage.Entries, time.GetUtcNow());
        var answer = isWritten && !keyed.IsSpoilt && run.Recording.TryGetWhole(out var whole) && IsFinal(whole.Status) ? whole : null;
        for (var tries = 1; ; tries++)
        {
            try
            {
                var isRecorded = answer is null
                    ? await store.ReleaseAsync(claim, cost, CancellationToken.None)
                    : await store.FinishAsync(claim, answer, cost, CancellationToken.None);
                if (!isRecorded)
                {
                    keyed.Usage.PassUncharged(meter);
                }

                run.IsKept = isRecorded && answer is not null;
                return isRecorded;
            }
            catch (StorageException exception) when (tries < MostTries)
            {
                LogNotRecorded(exception, claim.RequestId);
                await Task.Delay(LookAgain, time);
            }
            catch (StorageException exception)
            {
                // The client gets its answer, unkept; that is better than none.
                LogNotRecorded(exception, claim.RequestId);
                foreach (var entry in keyed.Usage.Entries)
                {
                    meter.Record(entry);
                }

                return true;
            }
        }
    }

    /// <summary>Whether the same request would be answered the same again. Refusals that end by waiting, paying or being allowed are not kept.</summary>
    private static bool IsFinal(int status) => status is (>= 200 and < 300) or 400 or 413 or 415 or 422;

    private static Fault TakenOver { get; } = new(
        FaultKind.Unavailable, "idempotency_key_taken_over", "Another gateway has taken this request over. Send it again with the same 'Idempotency-Key' to get its answer.");

    [LoggerMessage(3301, LogLevel.Warning, "The answer of request {RequestId} could not be kept under its idempotency key")]
    private partial void LogNotRecorded(Exception exception, string requestId);
}
