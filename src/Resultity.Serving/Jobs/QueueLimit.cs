using System.Collections.Concurrent;
using System.Globalization;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Jobs;

/// <summary>Keeps a namespace from filling the storage with jobs that wait. Safe for concurrent use.</summary>
/// <remarks>
/// Counts anew at most once in a while, for one of the submissions that come then, and in between adds what was submitted here: a limit against
/// floods need not be exact.
/// </remarks>
internal sealed class QueueLimit(IJobStore store, JobOptions options, TimeProvider time)
{
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Tally> _tallies = new(StringComparer.Ordinal);

    /// <summary>Counts a submission in.</summary>
    /// <exception cref="StorageException">The namespace has too many jobs waiting.</exception>
    public async ValueTask EnterAsync(string @namespace, CancellationToken cancellation)
    {
        var tally = _tallies.GetOrAdd(@namespace, static _ => new Tally());
        if (tally.IsDue(time) && Interlocked.Exchange(ref tally.Counting, 1) == 0)
        {
            try
            {
                tally.Set(await store.CountWaitingAsync(@namespace, options.MaxQueued, cancellation).ConfigureAwait(false), time.GetTimestamp());
            }
            finally
            {
                Volatile.Write(ref tally.Counting, 0);
            }
        }

        if (Interlocked.Increment(ref tally.Waiting) > options.MaxQueued)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{options.MaxQueued} requests of this namespace wait already; that is the most.");
            throw new StorageException(text, new Fault(FaultKind.Unavailable, "queue_full", text + " Submit more when some are finished.") { RetryAfter = RetryAfter });
        }
    }

    private sealed class Tally
    {
        public int Waiting;
        public int Counting;
        private long _countedAt = long.MinValue;

        public bool IsDue(TimeProvider time) => Volatile.Read(ref _countedAt) is var at && (at == long.MinValue || time.GetElapsedTime(at) >= CountEvery);

        public void Set(int waiting, long at)
        {
            Volatile.Write(ref Waiting, waiting);
            Volatile.Write(ref _countedAt, at);
        }
    }
}
