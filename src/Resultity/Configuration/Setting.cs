namespace Resultity.Configuration;

/// <summary>What kind of value a setting takes.</summary>
internal enum SettingKind
{
    Text,
    Integer,

    /// <summary>A length of time: <c>90s</c>, <c>30m</c>, <c>12h</c>, <c>7d</c>, <c>250ms</c>.</summary>
    Duration,

    /// <summary>One of some words.</summary>
    Choice,

    /// <summary>Texts; in the environment separated by spaces.</summary>
    List,

    /// <summary>Names and texts; in the environment <c>name=text</c>, separated by spaces.</summary>
    Map,
}

/// <summary>One thing that can be configured: how it is written, what is allowed, and what it means. Schema, documentation and checks are made of it.</summary>
/// <param name="Key">Its path in the configuration file, such as <c>gateway.port</c>; in the environment <c>RESULTITY__GATEWAY__PORT</c>.</param>
/// <param name="Kind">What kind of value it takes.</param>
/// <param name="Meaning">A sentence for its operator.</param>
/// <param name="Default">The value that is used if none is given, as it is written; <see langword="null"/> for none.</param>
internal sealed record Setting(string Key, SettingKind Kind, string Meaning, string? Default = null)
{
    /// <summary>The least value: a number, or milliseconds of a length of time.</summary>
    public long Min { get; init; } = long.MinValue;

    /// <summary>The greatest value.</summary>
    public long Max { get; init; } = long.MaxValue;

    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Whether the value opens something, so that a file with it should be readable by its owner only.</summary>
    public bool IsSecret { get; init; }

    public string EnvironmentName => Settings.EnvironmentPrefix + Key.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>What is allowed, as a sentence goes on.</summary>
    public string Allowed => Kind switch
    {
        SettingKind.Integer => $"a whole number from {Min} to {Max}",
        SettingKind.Duration => $"a length of time from {DurationText.Write(Min)} to {DurationText.Write(Max)}, such as 90s, 30m or 250ms",
        SettingKind.Choice => "one of " + string.Join(", ", Choices),
        SettingKind.List => "a list of texts",
        SettingKind.Map => "an object of names and texts",
        _ => "a text that is not empty",
    };
}
