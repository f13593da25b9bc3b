namespace Resultity.Serving.Subclouds;

/// <summary>Why a node is a member.</summary>
public enum MemberOrigin
{
    /// <summary>Its owner asked for it; when it asks no more, it is out.</summary>
    Asked,

    /// <summary>It joined with a token of the subcloud.</summary>
    Token,

    /// <summary>The operator put it there or approved it.</summary>
    Operator,
}

/// <summary>A node that is in a subcloud, or wants to be.</summary>
/// <param name="Subcloud">The subcloud's name.</param>
/// <param name="NodeId">The node.</param>
/// <param name="IsPending">It waits for the operator.</param>
/// <param name="Origin">Why it is here.</param>
/// <param name="Since">Since when.</param>
public sealed record SubcloudMember(string Subcloud, string NodeId, bool IsPending, MemberOrigin Origin, DateTimeOffset Since);

/// <summary>What a linked node says of itself that decides where it may serve.</summary>
/// <param name="Region">Where it stands.</param>
/// <param name="MemoryBytes">The memory it has.</param>
/// <param name="Asked">The subclouds that its owner wants it to serve.</param>
public sealed record NodeTraits(string? Region, long MemoryBytes, IReadOnlyList<string> Asked)
{
    /// <summary>The most subclouds that a node may ask for.</summary>
    public const int MostAsked = 16;

    /// <summary>Why a node with these traits cannot serve a subcloud; <see langword="null"/> if it can.</summary>
    public string? Unfit(Subcloud subcloud)
    {
        ArgumentNullException.ThrowIfNull(subcloud);
        return subcloud.Region is not null && subcloud.Region != Region ? "region"
            : MemoryBytes < subcloud.MinMemoryBytes ? "memory"
            : null;
    }

    /// <summary>Whether both say the same.</summary>
    public bool Equals(NodeTraits? other) =>
        other is not null && Region == other.Region && MemoryBytes == other.MemoryBytes && Asked.SequenceEqual(other.Asked);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Region, MemoryBytes, Asked.Count);
}
