using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Resultity.Gateway.Http.Streaming;

/// <summary>The streams of this process that can be resumed: those that run, and for a while those that have ended. Safe for concurrent use.</summary>
internal sealed class LiveStreams : ITicking
{
    /// <summary>Ended streams take at most this part of the memory for kept events, so that they never cost a running one its events.</summary>
    private const int EndedShare = 8;

    /// <summary>A stream that has ended costs some memory beside its events.</summary>
    private const int MostEnded = 4096;

    private readonly ConcurrentDictionary<string, LiveStream> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(LiveStream Stream, long EndedAt, int Bytes)> _ended = new();
    private readonly StreamClock _clock;
    private readonly GatewayHttpOptions _options;
    private readonly StreamMemory _memory;
    private long _endedBytes;

    public LiveStreams(StreamClock clock, IOptions<GatewayHttpOptions> options)
    {
        (_clock, _options) = (clock, options.Value);
        _memory = new StreamMemory(_options.ReplayBytes);
        clock.Add(this);
    }

    /// <inheritdoc/>
    public int ClockIndex { get; set; } = -1;

    /// <summary>How many streams are known, ended ones included.</summary>
    public int Count => _byId.Count;

    /// <summary>Bytes of kept events.</summary>
    public long Bytes => _memory.Used;

    /// <summary>Begins a stream.</summary>
    public LiveStream Open(string id, string owner, bool isNamed = false) =>
        Add(new LiveStream(id, owner, _clock, _options, new EventLog(_memory, _options.ReplayBytesPerStream)) { IsNamed = isNamed });

    /// <summary>Begins the rest of a stream that was suspended, with the events that it has.</summary>
    public LiveStream Reopen(string id, string owner, EventLog log) => Add(new LiveStream(id, owner, _clock, _options, log));

    /// <summary>The computation of a stream has ended; its events stay for a while.</summary>
    public void Ended(LiveStream stream)
    {
        _clock.Remove(stream);
        var bytes = stream.Bytes;
        Interlocked.Add(ref _endedBytes, bytes);
        _ended.Enqueue((stream, _clock.Time.GetTimestamp(), bytes));
        while ((Interlocked.Read(ref _endedBytes) > _options.ReplayBytes / EndedShare || _ended.Count > MostEnded) && _ended.TryDequeue(out var oldest))
        {
            Forget(oldest.Stream, oldest.Bytes);
        }
    }

    /// <summary>Forgets a stream that never had an event.</summary>
    public void Discard(LiveStream stream)
    {
        _clock.Remove(stream);
        _byId.TryRemove(stream.Id, out _);
        stream.Dispose();
    }

    /// <summary>Finds a stream of a namespace.</summary>
    public LiveStream? Find(string id, string owner) =>
        _byId.TryGetValue(id, out var stream) && stream.Owner == owner ? stream : null;

    /// <inheritdoc/>
    public void Tick(long now)
    {
        while (_ended.TryPeek(out var oldest) && _clock.Time.GetElapsedTime(oldest.EndedAt, now) >= _options.ReplayFor && _ended.TryDequeue(out oldest))
        {
            Forget(oldest.Stream, oldest.Bytes);
        }
    }

    private LiveStream Add(LiveStream stream)
    {
        _byId[stream.Id] = stream;
        _clock.Add(stream);
        return stream;
    }

    private void Forget(LiveStream stream, int bytes)
    {
        // Its place may have been taken by the stream that goes on with it.
        _byId.TryRemove(KeyValuePair.Create(stream.Id, stream));
        Interlocked.Add(ref _endedBytes, -bytes);
        stream.Dispose();
    }
}
