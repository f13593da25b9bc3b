using System.Globalization;
using Resultity.Configuration;

namespace Resultity.Hosting;

/// <summary>What the ways to write a model with a server program of its own have in common.</summary>
internal static class EngineSpec
{
    private const int LongestName = 256;

    /// <summary>Reads <c>name=value</c>.</summary>
    public static (string Name, string Value) Pair(string part)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
    }

    /// <summary>A whole number within bounds; <see langword="null"/> for anything else.</summary>
    public static int? Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : null;

    /// <summary>A length of time such as <c>90s</c>, from 1 ms to a day; <see langword="null"/> for anything else.</summary>
    public static TimeSpan? Time(string text) =>
        DurationText.TryParse(text, out var milliseconds) && milliseconds is >= 1 and <= 24 * 3_600_000 ? TimeSpan.FromMilliseconds(milliseconds) : null;

    /// <summary>Whether a model can be called so.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= LongestName && !text.Any(char.IsControl);
}
