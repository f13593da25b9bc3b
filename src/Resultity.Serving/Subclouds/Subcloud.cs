namespace Resultity.Serving.Subclouds;

/// <summary>How a node becomes a member of a subcloud.</summary>
public enum JoinPolicy
{
    /// <summary>Only by the operator, or with a join token of the subcloud.</summary>
    Closed,

    /// <summary>A node asks, and the operator approves.</summary>
    SemiOpen,

    /// <summary>A node asks, and is in.</summary>
    Open,
}

/// <summary>A named, isolated part of the network: its own nodes, models and features, under <c>/subclouds/{name}/v1</c>.</summary>
public sealed record Subcloud
{
    /// <summary>The longest name.</summary>
    public const int LongestName = 40;

    /// <summary>The feature that video endpoints need.</summary>
    public const string Video = "video";

    /// <summary>Every feature that can be turned on.</summary>
    public static IReadOnlyList<string> KnownFeatures { get; } = [Video];

    /// <summary>Its name in URLs: lower-case letters, digits and hyphens. It never changes.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, in its operator's words.</summary>
    public string Description { get; init; } = "";

    /// <summary>How nodes join it.</summary>
    public JoinPolicy Join { get; init; } = JoinPolicy.Closed;

    /// <summary>The models it serves; <see langword="null"/> means all that its nodes offer.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>Only nodes that stand there; <see langword="null"/> means anywhere.</summary>
    public string? Region { get; init; }

    /// <summary>Only nodes with at least so much memory, in bytes.</summary>
    public long MinMemoryBytes { get; init; }

    /// <summary>Its nodes serve nobody else.</summary>
    public bool Isolate { get; init; }

    /// <summary>Whether every API key may use it; otherwise only keys that are bound to it.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Features that are on here and off in the main cloud, such as <see cref="Video"/>.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether a text can be the name of a subcloud.</summary>
    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= LongestName } && text[0] != '-' && text[^1] != '-' && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
