namespace Resultity.Contracts.Fleet;

/// <summary>Gateway to node: hold layers for another node under this lease. Asked again with the same id, it changes nothing.</summary>
/// <param name="LeaseId">Names the lease; raw streams are opened under it, and only by its head.</param>
/// <param name="Group">For which group, for logs.</param>
/// <param name="HeadNode">The node that will use it. A lease has one head, and an engine one lease.</param>
/// <param name="Bytes">How much memory it will take.</param>
public sealed record LeaseOrder(string LeaseId, string Group, string HeadNode, long Bytes);

/// <summary>Gateway to node: serve a model as the head of a group. A higher generation of a group takes the place of a lower one; its waiting requests stay.</summary>
public sealed record ServeOrder
{
    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>Which plan of the group this is.</summary>
    public required int Generation { get; init; }

    /// <summary>The model, by the name under which the node reported it.</summary>
    public required string Model { get; init; }

    /// <summary>How many of the first layers the head keeps itself.</summary>
    public required int HeadLayers { get; init; }

    /// <summary>Who holds the layers after those, in order.</summary>
    public IReadOnlyList<ServeMember> Members { get; init; } = [];

    /// <summary>Tokens of prompt and answer together, for each slot.</summary>
    public required int ContextLength { get; init; }

    /// <summary>How many requests run at once.</summary>
    public required int Slots { get; init; }
}

/// <summary>A member of a group, as its head has to know it.</summary>
/// <param name="LeaseId">Under which lease it holds its layers.</param>
/// <param name="NodeId">Which node it is, for logs.</param>
/// <param name="Layers">How many layers it holds.</param>
public sealed record ServeMember(string LeaseId, string NodeId, int Layers);

/// <summary>Gateway to node: end a lease or a group; to one that is not there it changes nothing.</summary>
/// <param name="LeaseId">The lease to end.</param>
/// <param name="Group">The group to end.</param>
/// <param name="Drain">Whether the group finishes the requests that run.</param>
/// <param name="Reason">Told to requests that wait for the group.</param>
public sealed record StopOrder(string? LeaseId = null, string? Group = null, bool Drain = false, string? Reason = null);

/// <summary>A node's answer to an order that it does not carry out, with status 4xx.</summary>
/// <param name="Reason">A sentence for the operator.</param>
public sealed record OrderRefusal(string Reason);
