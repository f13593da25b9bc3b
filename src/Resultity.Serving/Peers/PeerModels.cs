using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;

namespace Resultity.Serving.Peers;

/// <summary>What this gateway's nodes serve and what other gateways' do, as of a moment ago. Safe for concurrent use.</summary>
public sealed class PeerModels
{
    private volatile View _view = new([], [], [], 0);

    /// <summary>How many other gateways share the storage and are alive.</summary>
    public int Others => _view.Others;

    /// <summary>Whether a model is served by nodes of other gateways only, so that its jobs are theirs.</summary>
    /// <param name="namespace">Whose job; it says which cloud.</param>
    /// <param name="model">The model's name as the client wrote it.</param>
    public bool BelongsToOthers(string @namespace, string model)
    {
        var view = _view;
        return view.Others > 0 && !Serves(view.Own, @namespace, model) && Serves(view.Theirs, @namespace, model);
    }

    /// <summary>Whether another gateway serves a model, or did before it went away, so that its nodes may come back.</summary>
    public bool IsKnownElsewhere(string @namespace, string model)
    {
        var view = _view;
        return view.Known.Count > 0 && Serves(view.Known, @namespace, model);
    }

    /// <summary>Takes in what is known now.</summary>
    /// <param name="own">What this gateway's nodes offer.</param>
    /// <param name="others">The other gateways, those that went away included.</param>
    /// <param name="aliveSince">Since when one must have been seen to be alive.</param>
    internal void Update(IEnumerable<string> own, IReadOnlyCollection<PeerGateway> others, DateTimeOffset aliveSince)
    {
        var alive = others.Where(gateway => gateway.SeenAt >= aliveSince).ToList();
        _view = new View(SetOf(own), SetOf(alive.SelectMany(static gateway => gateway.Models)), SetOf(others.SelectMany(static gateway => gateway.Models)), alive.Count);
    }

    // A name may stand for several models, any of which will do to begin with.
    private static bool Serves(HashSet<string> models, string @namespace, string name)
    {
        var subcloud = SubcloudNamespace.SubcloudOf(@namespace);
        return models.Contains(SubcloudNamespace.Of(name, subcloud))
            || (name.AsSpan().ContainsAny('|', '+') && name.Split(['|', '+'], StringSplitOptions.TrimEntries).Any(part => models.Contains(SubcloudNamespace.Of(part, subcloud))));
    }

    private static HashSet<string> SetOf(IEnumerable<string> models) => models.ToHashSet(StringComparer.Ordinal);

    private sealed record View(HashSet<string> Own, HashSet<string> Theirs, HashSet<string> Known, int Others);
}
