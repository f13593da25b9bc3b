namespace Resultity.Serving.Stores;

/// <summary>A node that was let in once and proves itself by its key ever since.</summary>
public sealed record EnrolledNode
{
    /// <summary>The node's identifier, derived from its public key.</summary>
    public required string Id { get; init; }

    /// <summary>The name that its operator gave it.</summary>
    public required string Name { get; init; }

    /// <summary>The public key (SubjectPublicKeyInfo, DER).</summary>
    public required ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>When it enrolled.</summary>
    public required DateTimeOffset EnrolledAt { get; init; }

    /// <summary>When its key was revoked; <see langword="null"/> while it may dial in.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>When it was linked last, to the minute or so.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }
}

/// <summary>A join token as it is kept: everything but the secret.</summary>
public sealed record JoinToken
{
    /// <summary>Prefix of the identifiers of join tokens.</summary>
    public const string IdPrefix = "join_";

    /// <summary>The identifier, which may be shown and logged.</summary>
    public required string Id { get; init; }

    /// <summary>What it was made for, in its maker's words.</summary>
    public string Name { get; init; } = "";

    /// <summary>The subcloud that nodes join with it become members of; <see langword="null"/> means none.</summary>
    public string? Subcloud { get; init; }

    /// <summary>How many nodes it still lets in; <see langword="null"/> means any number.</summary>
    public int? UsesLeft { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From then on it is refused; <see langword="null"/> means never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>How an attempt to enrol ended.</summary>
public enum Enrolment
{
    /// <summary>The node is enrolled, now or already before; only now did it cost a use of the token.</summary>
    Enrolled,

    /// <summary>The token does not exist, is used up or has expired.</summary>
    TokenRefused,

    /// <summary>The node's key was revoked; no token lets it in again.</summary>
    NodeRevoked,
}
