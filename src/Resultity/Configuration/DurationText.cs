using System.Globalization;

namespace Resultity.Configuration;

/// <summary>Lengths of time as settings write them: a whole number and <c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>.</summary>
internal static class DurationText
{
    private static readonly (string Unit, long Milliseconds)[] Units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    public static bool TryParse(string text, out long milliseconds)
    {
        milliseconds = 0;
        foreach (var (unit, factor) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                milliseconds = count * factor;
                return true;
            }
        }

        return false;
    }

    public static string Write(long milliseconds)
    {
        var (unit, factor) = Units.Last(candidate => milliseconds % candidate.Milliseconds == 0 && (milliseconds != 0 || candidate.Unit == "s") && milliseconds >= candidate.Milliseconds || candidate.Unit == "ms");
        return milliseconds == 0 ? "0s" : $"{milliseconds / factor}{unit}";
    }
}
