using System.Globalization;
using System.Text;

namespace Resultity.Serving.Files;

/// <summary>Makes of a name that a client sent one that can be shown and sent back.</summary>
public static class FileName
{
    private const int Longest = 255;

    /// <summary>The last part of a path, without control and format characters, no longer than file systems take; <c>file</c> if nothing is left.</summary>
    public static string Clean(string? given)
    {
        var last = given.AsSpan()[(given.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        var name = new StringBuilder(Math.Min(last.Length, Longest));
        foreach (var rune in last.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (rune != Rune.ReplacementChar
                && category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                && name.Length + rune.Utf16SequenceLength <= Longest)
            {
                name.Append(rune);
            }
        }

        var text = name.ToString().Trim();
        return text is "" or "." or ".." ? "file" : text;
    }
}
