using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Serving.Scheduling;

namespace Resultity.Gateway.Fleet;

/// <summary>One node that has links now: which of them can be used, what it offers, and what the scheduler was told of that.</summary>
/// <remarks>Thread-safe. Facts are reported under the lock, so they reach the scheduler in the order in which they became true.</remarks>
internal sealed class LiveNode(string id, string name, string session, IFleetFacts facts, TimeProvider time)
{
    private enum Told
    {
        Nothing,
        Up,
        Draining,
    }

    private readonly Lock _gate = new();
    private LinkConnection[] _links = [];
    private NodeStatus? _status;
    private IReadOnlyList<ModelOffer> _offers = [];
    private bool _statusLate;
    private bool _cordoned;
    private long _statusAt = time.GetTimestamp();
    private Told _told;
    private bool _retired;
    private uint _turn;

    public string Id => id;

    public string Name => name;

    public string Session => session;

    public DateTimeOffset LinkedAt { get; } = time.GetUtcNow();

    /// <summary>Takes a link in; false when the node has as many as it may.</summary>
    public bool Add(LinkConnection link, int most)
    {
        lock (_gate)
        {
            if (_links.Length >= most)
                return false;
            Volatile.Write(ref _links, [.. _links, link]);
            Report(offersChanged: false);
            return true;
        }
    }

    /// <summary>Takes a link out; true when it was the last.</summary>
    public bool Remove(LinkConnection link)
    {
        lock (_gate)
        {
            Volatile.Write(ref _links, [.. _links.Where(other => other != link)]);
            Report(offersChanged: false);
            return _links.Length == 0;
        }
    }

    /// <summary>Looks at the links again: one fell silent, was heard, or began to drain.</summary>
    public void Review()
    {
        lock (_gate)
            Report(offersChanged: false);
    }

    /// <summary>Takes a heartbeat; false when the offers are not known here, so that the node has to say them.</summary>
    public bool Accept(NodeStatus status)
    {
        lock (_gate)
        {
            if (status.Offers is null && _status is null)
                return false;
            // Two links may deliver out of order.
            if (_status is not null && status.Sequence <= _status.Sequence)
                return true;
            var changed = status.Offers is not null || status.Region != _status?.Region;
            _status = status;
            _offers = status.Offers ?? _offers;
            _statusAt = time.GetTimestamp();
            _statusLate = false;
            Report(changed);
            return true;
        }
    }

    /// <summary>Ends this object's say about the node: another process of it has taken over.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            if (_told != Told.Nothing)
                facts.NodeIsGone(id);
            _told = Told.Nothing;
            _retired = true;
        }
        Close(LinkErrorCode.Superseded, "another process of this node has linked");
    }

    /// <summary>Called every second: a node whose agent says nothing is not placed on, even if its links answer pings.</summary>
    public void CheckStatus(TimeSpan timeout)
    {
        lock (_gate)
        {
            _statusLate = time.GetElapsedTime(_statusAt) > timeout;
            Report(offersChanged: false);
        }
    }

    /// <summary>An operator lets it finish what runs and gives it nothing new, or takes that back.</summary>
    public void Cordon(bool cordoned)
    {
        lock (_gate)
        {
            _cordoned = cordoned;
            Report(offersChanged: false);
        }
    }

    /// <summary>The link that the next request goes over, or null.</summary>
    public LinkConnection? Pick()
    {
        var links = Volatile.Read(ref _links);
        var turn = Interlocked.Increment(ref _turn);
        for (var i = 0u; i < links.Length; i++)
        {
            var link = links[(turn + i) % links.Length];
            if (IsUsable(link))
                return link;
        }
        return null;
    }

    public void Close(LinkErrorCode code, string reason)
    {
        foreach (var link in Volatile.Read(ref _links))
            link.Close(code, reason);
    }

    public Task DrainAsync(CancellationToken cancellation) =>
        Task.WhenAll(Volatile.Read(ref _links).Select(link => link.DrainAsync(cancellation)));

    public NodeSnapshot Snapshot()
    {
        lock (_gate)
        {
            var state = _told switch { Told.Up => "ready", Told.Draining => "draining", _ => "silent" };
            var trips = _links.Where(link => link.RoundTrip > TimeSpan.Zero).Select(link => link.RoundTrip).ToArray();
            return new NodeSnapshot(id, name, state, LinkedAt, _links.Length, trips.Length == 0 ? null : trips.Min(), _offers, _status);
        }
    }

    private static bool IsUsable(LinkConnection link) => link is { Closed: false, Silent: false };

    // Under the lock: says what changed, and only that.
    private void Report(bool offersChanged)
    {
        if (_retired)
            return;
        var now = _status switch
        {
            null => Told.Nothing,
            _ when _statusLate || _links.Length == 0 || _links.All(static link => link.Silent || link.Ended) => Told.Nothing,
            { Draining: true } => Told.Draining,
            _ when _cordoned => Told.Draining,
            _ => _links.Any(IsUsable) ? Told.Up : Told.Draining,
        };
        if (now == _told && !(offersChanged && now == Told.Up))
            return;
        var before = _told;
        _told = now;
        if (now == Told.Nothing)
            facts.NodeIsGone(id);
        else if (now == Told.Up)
            facts.NodeIsUp(id, _status!.Region, _offers);
        else
        {
            // A node that was not up must be known before it can be said to drain.
            if (before == Told.Nothing)
                facts.NodeIsUp(id, _status!.Region, _offers);
            facts.NodeDrains(id);
        }
    }
}
