using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.Streaming;

namespace Resultity.Gateway.Http.Retries;

/// <summary>
/// Protects the official SDKs as they are, which send no <c>Idempotency-Key</c> and retry by themselves: a retry finds the attempt whose
/// answer its client never had, and gets that answer.
/// </summary>
/// <remarks>
/// They number the tries of a call in <c>x-stainless-retry-count</c>. Nothing is hashed or kept unless a client leaves before it has its
/// answer: then the attempt can be found by its API key, route and body, goes on for the grace in which a retry may come, and is kept for a
/// while if it ended well. Two calls that say the same are two calls as long as both have their clients.
/// </remarks>
internal sealed class SdkRetries : ITicking
{
    /// <summary>The number of tries before this one of the same call, as the SDKs that Stainless generates send it.</summary>
    public const string Header = "x-stainless-retry-count";

    /// <summary>Answers that nobody has fetched take at most so much memory.</summary>
    private const long MostBytes = 64L * 1024 * 1024;

    private const int MostKept = 4096;

    private readonly ConcurrentDictionary<AttemptPlace, Attempt> _left = new();
    private readonly ConcurrentQueue<(AttemptPlace Place, Attempt Attempt, long Since)> _kept = new();
    private readonly StreamReplay _replay;
    private readonly StreamClock _clock;
    private readonly GatewayHttpOptions _options;
    private long _bytes;

    public SdkRetries(StreamReplay replay, StreamClock clock, IOptions<GatewayHttpOptions> options)
    {
        (_replay, _clock, _options) = (replay, clock, options.Value);
        clock.Add(this);
    }

    /// <inheritdoc/>
    public int ClockIndex { get; set; } = -1;

    /// <summary>How many attempts a retry would find.</summary>
    public int Count => _left.Count;

    /// <summary>Whether a request comes from an SDK that retries by itself.</summary>
    public static bool IsWatched(HttpRequest request) => request.Headers.ContainsKey(Header);

    /// <summary>Answers a request of an SDK: from the attempt that it repeats, if there is one, or by the work.</summary>
    /// <param name="context">The HTTP request, validated, with a caller.</param>
    /// <param name="body">Its body as it came, which stays until the task has completed.</param>
    /// <param name="isStream">Whether the answer is a stream that can be resumed.</param>
    /// <param name="work">Computes the answer and writes it to the response.</param>
    public async Task RunAsync(HttpContext context, ReadOnlyMemory<byte> body, bool isStream, Func<Task> work)
    {
        if (IsRetry(context.Request) && _left.TryGetValue(AttemptPlace.Of(context, body), out var earlier) && await GiveAsync(context, earlier))
        {
            return;
        }

        await (isStream ? WatchStreamAsync(context, body, work) : WatchAsync(context, body, work));
    }

    /// <inheritdoc/>
    public void Tick(long now)
    {
        while (_kept.TryPeek(out var oldest)
            && (_clock.Time.GetElapsedTime(oldest.Since, now) >= _options.ReplayFor || Interlocked.Read(ref _bytes) > MostBytes || _kept.Count > MostKept)
            && _kept.TryDequeue(out oldest))
        {
            Forget(oldest.Place, oldest.Attempt);
            Interlocked.Add(ref _bytes, -oldest.Attempt.Bytes);
        }
    }

    private static bool IsRetry(HttpRequest request) =>
        request.Headers[Header] is [{ } count] && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;

    private async ValueTask<bool> GiveAsync(HttpContext context, Attempt earlier)
    {
        if (earlier.Run is not { } run)
        {
            return await _replay.TryGiveAgainAsync(context, earlier.RequestId);
        }

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

    /// <summary>A stream keeps its events itself, for clients that resume; only where it is found has to be noted.</summary>
    private async Task WatchStreamAsync(HttpContext context, ReadOnlyMemory<byte> body, Func<Task> work)
    {
        var attempt = new Attempt(context.RequestId, null);
        AttemptPlace? place = null;
        await using (context.RequestAborted.UnsafeRegister(_ => _left[(place = AttemptPlace.Of(context, body)).Value] = attempt, null))
        {
            await work();
        }

        if (place is { } noted)
        {
            Keep(noted, attempt);
        }
    }

    private async Task WatchAsync(HttpContext context, ReadOnlyMemory<byte> body, Func<Task> work)
    {
        using var run = new KeyedRun("", int.MaxValue, _options.ResumeGrace, _clock.Time);
        var attempt = new Attempt(context.RequestId, run);
        AttemptPlace? place = null;
        run.Join();
        var gone = context.RequestAborted;
        var output = DivertedBody.Set(context, run.Recording, gone);
        context.RequestAborted = run.Stop;
        var isWritten = false;
        try
        {
            await using (gone.UnsafeRegister(_ => Leave(), null))
            {
                await work();
                isWritten = true;
            }
        }
        finally
        {
            output.Remove(context);
            context.RequestAborted = gone;
            var isKept = isWritten && place is not null && !run.Stop.IsCancellationRequested && attempt.TryKeep();
            run.Recording.End(isBroken: !isKept);
            if (place is { } noted)
            {
                if (isKept)
                {
                    Keep(noted, attempt);
                }
                else
                {
                    Forget(noted, attempt);
                }
            }
        }

        void Leave()
        {
            _left[(place = AttemptPlace.Of(context, body)).Value] = attempt;
            run.Leave();
        }
    }

    private void Keep(AttemptPlace place, Attempt attempt)
    {
        Interlocked.Add(ref _bytes, attempt.Bytes);
        var now = _clock.Time.GetTimestamp();
        _kept.Enqueue((place, attempt, now));
        Tick(now);
    }

    /// <summary>Its place may have been taken by a later attempt.</summary>
    private void Forget(AttemptPlace place, Attempt attempt) => _left.TryRemove(KeyValuePair.Create(place, attempt));

    /// <summary>An attempt whose client has left.</summary>
    /// <param name="requestId">The request, whose stream it may be.</param>
    /// <param name="run">The answer, if it is not a stream.</param>
    private sealed class Attempt(string requestId, KeyedRun? run)
    {
        public string RequestId => requestId;

        public KeyedRun? Run => run;

        public int Bytes { get; private set; }

        /// <summary>Marks a whole answer as the one that retries get, if it says that all went well: whatever else is answered is worth another try.</summary>
        public bool TryKeep()
        {
            if (!run!.Recording.TryGetWhole(out var answer) || answer.Status is < 200 or > 299)
            {
                return false;
            }

            (run.IsKept, Bytes) = (true, answer.Body.Length);
            return true;
        }
    }
}
