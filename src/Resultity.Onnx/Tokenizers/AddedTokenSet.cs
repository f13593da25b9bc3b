using System.Buffers;

namespace Resultity.Onnx.Tokenizers;

/// <summary>Finds added tokens in text: the leftmost first, the longest at a place.</summary>
internal sealed class AddedTokenSet
{
    private readonly SearchValues<string>? _any;
    private readonly Dictionary<char, AddedToken[]> _byFirst;

    public AddedTokenSet(IEnumerable<AddedToken> tokens)
    {
        var list = tokens.Where(static token => token.Content.Length > 0).ToList();
        _any = list.Count == 0 ? null : SearchValues.Create([.. list.Select(static token => token.Content)], StringComparison.Ordinal);
        _byFirst = list.GroupBy(static token => token.Content[0]).ToDictionary(static group => group.Key, static group => group.OrderByDescending(static token => token.Content.Length).ToArray());
    }

    public bool IsEmpty => _any is null;

    /// <summary>The next token at or after <paramref name="from"/>; Start and End take in the whitespace that the token swallows.</summary>
    public (AddedToken Token, int Start, int End)? Next(ReadOnlySpan<char> text, int from, ReadOnlySpan<PlainRange> plain)
    {
        var floor = from;
        while (_any is not null && from < text.Length)
        {
            var at = text[from..].IndexOfAny(_any);
            if (at < 0) return null;
            from += at;
            foreach (var token in _byFirst[text[from]])
            {
                var end = from + token.Content.Length;
                if (!text[from..].StartsWith(token.Content, StringComparison.Ordinal)) continue;
                if (token.Special && PlainRange.AnyTouches(plain, from, end)) continue;
                if (token.SingleWord && !(IsBorder(text, from - 1) && IsBorder(text, end))) continue;
                var start = from;
                while (token.LeftStrip && start > floor && char.IsWhiteSpace(text[start - 1])) start--;
                while (token.RightStrip && end < text.Length && char.IsWhiteSpace(text[end])) end++;
                return (token, start, end);
            }
            from++;
        }
        return null;
    }

    private static bool IsBorder(ReadOnlySpan<char> text, int at)
    {
        if (at < 0 || at >= text.Length) return true;
        return !char.IsLetterOrDigit(text[at]) && text[at] != '_';
    }
}
