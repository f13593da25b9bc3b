using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Resultity.Polling;

namespace Resultity.FakeUpstream;

/// <summary>The server: one thread that accepts, reads, sends and keeps time.</summary>
internal sealed class Upstream : IPollTarget, IDisposable
{
    private const int TurnsBetweenPolls = 4096;

    private readonly Settings _settings;
    private readonly Composer _composer;
    private readonly Videos _videos;
    private readonly Socket _listener;
    private readonly HashSet<Connection> _waiting = [];
    private readonly long _started = Now;
    private byte[] _knownTarget = [], _knownBody = [];
    private Answer? _known;
    private byte[] _last = [];
    private long _failTurn;

    public Upstream(Settings settings, int port)
    {
        _settings = settings;
        _composer = new Composer(settings);
        _videos = new Videos(settings, Counts);
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(4096);
        _listener.Blocking = false;
        Poller.Add(this, read: true, write: false);
    }

    public static long Now => Stopwatch.GetTimestamp();

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public Counts Counts { get; } = new();

    public SocketPoller Poller { get; } = SocketPoller.Create();

    public DueQueue Due { get; } = new();

    /// <summary>Where every connection receives; valid until the next receive.</summary>
    public byte[] Scratch { get; } = GC.AllocateUninitializedArray<byte>(256 << 10, pinned: true);

    Socket IPollTarget.Socket => _listener;

    public static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>Serves until the process ends.</summary>
    public void Run()
    {
        while (true)
        {
            Poller.Wait(Due.First is { } first ? Math.Max(0, first.Due - Now) : -1);
            TakeTurns(Now);
            // Few and rare, so that looking at all of them after every turn costs nothing when there are none.
            if (_waiting.Count > 0)
            {
                foreach (var connection in _waiting.ToArray()) connection.CheckWait();
                _waiting.RemoveWhere(connection => connection.Waiting is null);
            }
        }
    }

    public void OnReadable()
    {
        do
        {
            Socket accepted;
            try
            {
                accepted = _listener.Accept();
            }
            catch (SocketException)
            {
                // The client gave up before it was accepted, or descriptors ran out; neither concerns the other connections.
                return;
            }

            accepted.Blocking = false;
            accepted.NoDelay = true;
            Counts.Connections++;
            Counts.OpenConnections++;
            Poller.Add(new Connection(this, accepted), read: true, write: false);
        }
        while (_listener.Poll(0, SelectMode.SelectRead));
    }

    public void OnWritable()
    {
    }

    public void Forget(Connection connection)
    {
        Counts.OpenConnections--;
        Due.Remove(connection);
        Poller.Remove(connection);
        _waiting.Remove(connection);
    }

    public void Handle(Connection connection, in RequestHead head, ReadOnlySpan<byte> body)
    {
        if (head.Method.IsEmpty)
        {
            connection.Reply(Answer.Error(400, "not an HTTP/1.1 request", "invalid_request_error"));
            return;
        }

        if (head.Target.StartsWith("/_"u8))
        {
            Control(connection, Encoding.UTF8.GetString(head.Target));
            return;
        }

        var loading = _settings.Load > TimeSpan.Zero && Stopwatch.GetElapsedTime(_started) < _settings.Load;
        if (loading)
            connection.Reply(Answer.Error(503, "Loading model", "unavailable_error"));
        else if (head.Target.SequenceEqual("/health"u8))
            connection.Reply(Answer.Json(200, "{\"status\":\"ok\"}"u8));
        else if (_settings.ApiKey.Length > 0 && !head.Authorization.SequenceEqual(Encoding.UTF8.GetBytes("Bearer " + _settings.ApiKey)))
            connection.Reply(Answer.Error(401, "Invalid API key", "authentication_error", "invalid_api_key"));
        else if (head.Target.EndsWith("/models"u8))
            connection.Reply(_composer.Models());
        else if (head.Target.StartsWith("/v1/videos"u8) && _videos.AnswerTo(head.Method, Encoding.ASCII.GetString(head.Target)) is { } video)
            Serve(connection, video, body);
        else if (AnswerTo(head.Target, body) is not { } answer)
            connection.Reply(Answer.Error(404, "no such route", "invalid_request_error"));
        else
            Serve(connection, answer, body);
    }

    /// <summary>Whether this event or answer is the one in which the settings want the process to die.</summary>
    public bool CrashesNow() => _settings.CrashAfter > 0 && --_settings.CrashAfter == 0;

    /// <summary>Sends half of some bytes and dies as by SIGKILL.</summary>
    public void Crash(Connection connection, ReadOnlySpan<byte> bytes)
    {
        _ = connection.Socket.Send(bytes[..(bytes.Length / 2)], SocketFlags.None, out _);
        Process.GetCurrentProcess().Kill();
        Environment.FailFast(null);
    }

    public void Dispose()
    {
        _listener.Dispose();
        Poller.Dispose();
    }

    private void TakeTurns(long now)
    {
        // No connection has two turns between two polls, so that an unpaced stream sends one event for each.
        var last = Due.Last;
        for (var turns = 0; turns < TurnsBetweenPolls && Due.First is Connection first && first.Due <= now; turns++)
        {
            Due.Remove(first);
            first.Turn(now);
            if (first == last) break;
        }
    }

    private Answer? AnswerTo(ReadOnlySpan<byte> target, ReadOnlySpan<byte> body)
    {
        if (_known is not null && body.SequenceEqual(_knownBody) && target.SequenceEqual(_knownTarget)) return _known;
        var answer =
            target.EndsWith("/chat/completions"u8) ? _composer.Text(body, chat: true) :
            target.EndsWith("/completions"u8) ? _composer.Text(body, chat: false) :
            target.EndsWith("/embeddings"u8) ? _composer.Embeddings(body) : null;
        (_known, _knownTarget, _knownBody) = (answer, target.ToArray(), body.ToArray());
        return answer;
    }

    private void Serve(Connection connection, Answer answer, ReadOnlySpan<byte> body)
    {
        if (!body.IsEmpty) _last = body.SequenceEqual(_knownBody) ? _knownBody : body.ToArray();
        Counts.Requests++;
        Counts.Running++;
        Counts.MaxRunning = Math.Max(Counts.MaxRunning, Counts.Running);
        if (answer.Events is not null) Counts.Streams++;
        if (_settings.FailStatus > 0 && ++_failTurn % _settings.FailEvery == 0)
            answer = Answer.Error(_settings.FailStatus, "failed as it was told to", "server_error");
        connection.Begin(answer);
    }

    private void Control(Connection connection, string target)
    {
        var (path, query) = target.Split('?', 2) is [var before, var after] ? (before, after) : (target, "");
        var pairs = query.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2)).Select(pair => (Name: pair[0], Value: Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? ""))).ToList();
        switch (path)
        {
            case "/_set":
                Set(connection, pairs);
                break;
            case "/_stats":
                connection.Reply(Answer.Json(200, Counts.ToJson()));
                break;
            case "/_last":
                connection.Reply(Answer.Json(200, _last));
                break;
            case "/_wait":
                Wait(connection, pairs);
                break;
            default:
                connection.Reply(Answer.Error(404, "no such route", "invalid_request_error"));
                break;
        }
    }

    private void Set(Connection connection, List<(string Name, string Value)> pairs)
    {
        foreach (var (name, value) in pairs)
        {
            if (_settings.Apply(name, value) is not { } wrong) continue;
            connection.Reply(Answer.Error(400, wrong, "invalid_request_error"));
            return;
        }

        _known = null;
        _failTurn = 0;
        _composer.Reset();
        Counts.MaxRunning = Counts.Running;
        connection.Reply(Answer.Json(200, "{\"ok\":true}"u8));
    }

    private void Wait(Connection connection, List<(string Name, string Value)> pairs)
    {
        var limit = 10_000;
        (string Name, long Value)? until = null;
        foreach (var (name, value) in pairs)
        {
            var isNumber = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            if (name == "timeout" && isNumber) limit = (int)Math.Min(number, int.MaxValue);
            else if (isNumber && Counts.Get(name) is not null) until = (name, number);
        }

        if (until is not var (count, wanted))
        {
            connection.Reply(Answer.Error(400, "say which count is waited for, such as running=0", "invalid_request_error"));
            return;
        }

        connection.Wait(count, wanted, TimeSpan.FromMilliseconds(limit));
        _waiting.Add(connection);
    }
}
