using System.Collections.Concurrent;
using System.Globalization;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Jobs;

/// <summary>Keeps a namespace from filling the storage with jobs that wait. Safe for concurrent use.</summary>
/// <remarks>Counts anew at most once in a while, and in between adds what was submitted here: a limit against floods need not be exact.</remarks>
internal sealed class QueueLimit(IJobStore store, JobOptions options, TimeProvider time)
{
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Tally> _tallies = new(StringComparer.Ordinal);

    /// <summary>Counts a submission in.</summary>
    /// <exception cref="StorageException">The namespace has too many jobs waiting.</exception>
    public async ValueTask EnterAsync(string @namespace, CancellationToken cancellation)
    {
        if (!_tallies.TryGetValue(@namespace, out var tally) || time.GetElapsedTime(tally.At) >= CountEvery)
        {
            tally = new Tally(time.GetTimestamp()) { Waiting = await store.CountWaitingAsync(@namespace, options.MaxQueued, cancellation).ConfigureAwait(false) };
            _tallies[@namespace] = tally;
        }

        if (Interlocked.Increment(ref tally.Waiting) > options.MaxQueued)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{options.MaxQueued} requests of this namespace wait already; that is the most.");
            throw new StorageException(text, new Fault(FaultKind.Unavailable, "queue_full", text + " Submit more when some are finished.") { RetryAfter = RetryAfter });
        }
    }

    private sealed class Tally(long at)
    {
        public int Waiting;

        public long At { get; } = at;
    }
}
