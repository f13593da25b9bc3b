using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Resultity.Polling;

namespace Resultity.Load;

/// <summary>Makes the load: one thread over all connections.</summary>
internal sealed class Loader : IDisposable
{
    private readonly LoadOptions _options;
    private readonly LoadConnection[] _connections;
    private readonly Stack<LoadConnection> _ready = new();
    private readonly Queue<LoadConnection> _toReopen = new();
    private readonly long _begin, _recordFrom, _recordTo;
    private long _started;
    private long _reopenAt;
    private int _opened;
    private byte[] _knownGood = [];

    public Loader(LoadOptions options)
    {
        _options = options;
        _connections = new LoadConnection[options.Connections];
        for (var i = 0; i < _connections.Length; i++) _connections[i] = new LoadConnection(this, options, i);
        _begin = Now;
        _recordFrom = _begin + Ticks(options.Warmup);
        _recordTo = _recordFrom + Ticks(options.Duration);
    }

    public static long Now => Stopwatch.GetTimestamp();

    public SocketPoller Poller { get; } = SocketPoller.Create();

    /// <summary>Where every connection receives; valid until the next receive.</summary>
    public byte[] Scratch { get; } = GC.AllocateUninitializedArray<byte>(256 << 10, pinned: true);

    public Tally Tally { get; } = new();

    /// <summary>The seconds that were measured.</summary>
    public double Seconds { get; private set; }

    public static long Microseconds(long ticks) => ticks / (Stopwatch.Frequency / 1_000_000);

    /// <summary>Whether a request that started then is one of those that are measured.</summary>
    public bool Counts(long start) => start >= _recordFrom;

    /// <summary>Whether this is in the time whose throughput is measured.</summary>
    public bool InTime(long now) => now >= _recordFrom && now <= _recordTo;

    /// <summary>Makes the load until its time is over.</summary>
    public void Run()
    {
        var sweep = Ticks(0.25);
        var nextSweep = _begin + sweep;
        var interval = _options.Rate > 0 ? Stopwatch.Frequency / _options.Rate : 0;
        while (true)
        {
            var now = Now;
            OpenMore(now);
            if (_options.Rate > 0) StartDue(now, interval);
            if (now >= nextSweep)
            {
                nextSweep = now + sweep;
                foreach (var connection in _connections) connection.CheckTimeout(now, Ticks(_options.Timeout));
            }

            var over = now >= _recordTo || _started >= _options.Requests;
            if (over && (!_options.Drain || Idle())) break;
            var wake = over ? now + Ticks(0.001) : Math.Min(nextSweep, _recordTo);
            if (!over && _toReopen.Count > 0) wake = Math.Min(wake, _reopenAt);
            if (!over && _options.Ramp > 0 && _opened < _connections.Length) wake = Math.Min(wake, now + Ticks(0.001));
            if (!over && interval > 0 && _ready.Count > 0) wake = Math.Min(wake, Intended(interval));
            Poller.Wait(Math.Max(0, wake - now));
        }

        var end = _started >= _options.Requests ? Math.Min(Now, _recordTo) : _recordTo;
        Seconds = Math.Max(0.001, (double)(end - _recordFrom) / Stopwatch.Frequency);
        foreach (var connection in _connections) connection.Abandon();
    }

    /// <summary>A connection is open and has no request.</summary>
    public void Ready(LoadConnection connection)
    {
        var now = Now;
        if (_options.Rate > 0) _ready.Push(connection);
        else if (now < _recordTo && _started < _options.Requests) Start(connection, now);
    }

    /// <summary>A connection could not be opened; it is tried again soon.</summary>
    public void OpenFailed(LoadConnection connection, SocketError error)
    {
        Tally.Wrong($"connect_{error}");
        if (_toReopen.Count == 0) _reopenAt = Now + Ticks(0.02);
        _toReopen.Enqueue(connection);
    }

    /// <summary>Whether this is the body that was the last to be found in order: most answers are alike.</summary>
    public bool IsKnownGood(ReadOnlySpan<byte> body) => body.Length > 0 && body.SequenceEqual(_knownGood);

    /// <summary>Whether a body is one whole JSON value.</summary>
    public bool IsJson(ReadOnlySpan<byte> body)
    {
        if (IsKnownGood(body)) return true;
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
            }
        }
        catch (JsonException)
        {
            return false;
        }

        if (_knownGood.Length == body.Length) body.CopyTo(_knownGood);
        else _knownGood = body.ToArray();
        return true;
    }

    public void Dispose() => Poller.Dispose();

    private static long Ticks(double seconds) => (long)(seconds * Stopwatch.Frequency);

    private long Intended(double interval) => _begin + (long)(_started * interval);

    private void Start(LoadConnection connection, long intended)
    {
        _started++;
        connection.Begin(intended);
    }

    private void StartDue(long now, double interval)
    {
        // What cannot start in time for want of a connection keeps its intended start: the wait is part of its latency.
        while (_ready.Count > 0 && _started < _options.Requests && Intended(interval) is var intended && intended <= now && intended < _recordTo)
        {
            if (now - intended > Ticks(0.001)) Tally.Late++;
            Start(_ready.Pop(), intended);
        }
    }

    private void OpenMore(long now)
    {
        var due = _options.Ramp > 0 ? Math.Min(_connections.Length, (int)(_connections.Length * (now - _begin) / (double)Ticks(_options.Ramp)) + 1) : _connections.Length;
        for (; _opened < due; _opened++) _connections[_opened].Open();
        if (now < _reopenAt) return;
        for (var count = _toReopen.Count; count > 0; count--) _toReopen.Dequeue().Open();
    }

    private bool Idle()
    {
        foreach (var connection in _connections)
        {
            if (connection.Active) return false;
        }

        return true;
    }
}
