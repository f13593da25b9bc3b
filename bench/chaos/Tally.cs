using System.Collections.Concurrent;

namespace Resultity.Chaos;

/// <summary>What clients were promised and got, which is what the gateways are held to.</summary>
internal sealed class Tally
{
    private readonly ConcurrentQueue<string> _wrongs = new();
    private int _answered;
    private int _retries;

    /// <summary>The word that each acknowledged request asked for, by the request's identifier.</summary>
    public ConcurrentDictionary<string, string> Accepted { get; } = new();

    /// <summary>The words of the lines of each acknowledged batch, in order, by the batch's identifier.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<string>> Batches { get; } = new();

    /// <summary>Synchronous requests that were answered.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>How often a client tried again, since a connection broke or a gateway asked it to.</summary>
    public int Retries => Volatile.Read(ref _retries);

    /// <summary>What was not as promised.</summary>
    public IReadOnlyCollection<string> Wrongs => _wrongs;

    public void Answer() => Interlocked.Increment(ref _answered);

    public void Retry() => Interlocked.Increment(ref _retries);

    public void Wrong(string what) => _wrongs.Enqueue(what);
}
