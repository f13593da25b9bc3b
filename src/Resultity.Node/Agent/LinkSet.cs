using Resultity.Link;

namespace Resultity.Node.Agent;

/// <summary>The links that stand now.</summary>
internal sealed class LinkSet
{
    private readonly Lock _gate = new();
    private LinkConnection[] _links = [];

    /// <summary>Raised after a link was added.</summary>
    public event Action? Added;

    public IReadOnlyList<LinkConnection> All => Volatile.Read(ref _links);

    /// <summary>A link that the gateway hears and that takes streams, or null.</summary>
    public LinkConnection? Usable => Volatile.Read(ref _links).FirstOrDefault(static link => link is { Closed: false, Silent: false });

    public void Add(LinkConnection link)
    {
        lock (_gate)
            Volatile.Write(ref _links, [.. _links, link]);
        Added?.Invoke();
    }

    public void Remove(LinkConnection link)
    {
        lock (_gate)
            Volatile.Write(ref _links, [.. _links.Where(other => other != link)]);
    }
}
