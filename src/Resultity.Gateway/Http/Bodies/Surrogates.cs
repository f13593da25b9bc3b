using System.Globalization;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>Escapes of half characters: legal in JSON's grammar, but no text, and readers further on disagree about them.</summary>
internal static class Surrogates
{
    /// <summary>Whether an escape stands for half a surrogate pair. In valid JSON a backslash only stands in strings.</summary>
    public static bool HasLone(ReadOnlySpan<byte> json)
    {
        for (var at = json.IndexOf("\\u"u8) is -1 ? -1 : json.IndexOf((byte)'\\'); at >= 0 && at + 1 < json.Length;)
        {
            var step = 2;
            if (json[at + 1] == 'u' && TryUnit(json[at..], out var unit))
            {
                step = 6;
                if (char.IsLowSurrogate(unit) || (char.IsHighSurrogate(unit) && !(TryUnit(json[(at + 6)..], out var low) && char.IsLowSurrogate(low))))
                {
                    return true;
                }

                step = char.IsHighSurrogate(unit) ? 12 : 6;
            }

            var next = json[(at + step)..].IndexOf((byte)'\\');
            at = next < 0 ? -1 : at + step + next;
        }

        return false;
    }

    private static bool TryUnit(ReadOnlySpan<byte> text, out char unit)
    {
        unit = default;
        if (text.Length < 6 || text[0] != '\\' || text[1] != 'u'
            || !ushort.TryParse(text.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        unit = (char)value;
        return true;
    }
}
