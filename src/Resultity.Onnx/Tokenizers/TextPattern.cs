using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Resultity.Onnx.Tokenizers;

/// <summary>A pattern of the tokenizer file: a literal string or a regular expression over Unicode characters.</summary>
/// <remarks>
/// .NET matches UTF-16 units, where a character beyond U+FFFF is two units of no category. So such characters are matched
/// through a stand-in of one unit and the same general category; tokenizer patterns only ask for categories of them.
/// </remarks>
internal sealed class TextPattern
{
    // Bounds what a pathological expression in a model's file can cost; the usual ones are linear.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly string? _literal;
    private readonly Regex? _regex;

    private TextPattern(string? literal, Regex? regex)
    {
        _literal = literal;
        _regex = regex;
    }

    public static TextPattern OfLiteral(string literal) => literal.Length > 0
        ? new(literal, null)
        : throw new TokenizerFormatException("tokenizer.json: an empty string is no pattern");

    public static TextPattern OfRegex(string expression)
    {
        try
        {
            var translated = expression.Replace(@"\p{Han}", @"\u2E80-\u2FD5\u3005\u3007\u3021-\u3029\u3038-\u303B\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAD9", StringComparison.Ordinal);
            return new(null, new Regex(translated, RegexOptions.Compiled | RegexOptions.CultureInvariant, Limit));
        }
        catch (ArgumentException error)
        {
            throw new TokenizerFormatException($"tokenizer.json: the regular expression '{expression}' is not supported: {error.Message}", error);
        }
    }

    public static TextPattern Read(JsonElement owner)
    {
        var pattern = owner.Member("pattern") ?? throw new TokenizerFormatException("tokenizer.json: 'pattern' is missing");
        return pattern.Text("Regex") is { } expression ? OfRegex(expression) : OfLiteral(pattern.RequiredText("String"));
    }

    public string Replace(string text, string content)
    {
        if (_literal is not null) return text.Replace(_literal, content, StringComparison.Ordinal);
        var matches = new List<(int Start, int End)>();
        Match(text, matches);
        if (matches.Count == 0) return text;
        var result = new StringBuilder(text.Length);
        var done = 0;
        foreach (var (start, end) in matches)
        {
            result.Append(text, done, start - done).Append(content);
            done = end;
        }
        return result.Append(text, done, text.Length - done).ToString();
    }

    /// <summary>Adds the non-empty matches, in order, as positions in <paramref name="text"/>.</summary>
    public void Match(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (_literal is not null)
        {
            for (var from = 0; text[from..].IndexOf(_literal, StringComparison.Ordinal) is >= 0 and var at; from += at + _literal.Length)
                matches.Add((from + at, from + at + _literal.Length));
        }
        else if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            foreach (var match in _regex!.EnumerateMatches(text))
                if (match.Length > 0) matches.Add((match.Index, match.Index + match.Length));
        }
        else
        {
            MatchStandIns(text, matches);
        }
    }

    private void MatchStandIns(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        var standIns = new char[text.Length];
        var positions = new int[text.Length + 1];
        var count = 0;
        for (var at = 0; at < text.Length;)
        {
            _ = Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            positions[count] = at;
            standIns[count++] = length == 2 ? StandIn(rune) : text[at];
            at += length;
        }
        positions[count] = text.Length;
        foreach (var match in _regex!.EnumerateMatches(standIns.AsSpan(0, count)))
            if (match.Length > 0) matches.Add((positions[match.Index], positions[match.Index + match.Length]));
    }

    private static char StandIn(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter => '\uA640',
        UnicodeCategory.LowercaseLetter => '\uA641',
        UnicodeCategory.TitlecaseLetter => '\u1F88',
        UnicodeCategory.ModifierLetter => '\uA717',
        UnicodeCategory.OtherLetter => rune.Value >= 0x20000 ? '\u3400' : '\uA000',
        UnicodeCategory.NonSpacingMark => '\uA802',
        UnicodeCategory.SpacingCombiningMark => '\uA823',
        UnicodeCategory.EnclosingMark => '\uA670',
        UnicodeCategory.DecimalDigitNumber => '\uA620',
        UnicodeCategory.LetterNumber => '\uA6E6',
        UnicodeCategory.OtherNumber => '\uA830',
        UnicodeCategory.ConnectorPunctuation => '\uFE33',
        UnicodeCategory.DashPunctuation => '\u2E17',
        UnicodeCategory.OtherPunctuation => '\uA60D',
        UnicodeCategory.MathSymbol => '\uFB29',
        UnicodeCategory.CurrencySymbol => '\uA838',
        UnicodeCategory.ModifierSymbol => '\uA700',
        UnicodeCategory.OtherSymbol => '\uA490',
        UnicodeCategory.Format => '\u2060',
        UnicodeCategory.PrivateUse => '\uE000',
        _ => '\uFFFF',
    };
}
