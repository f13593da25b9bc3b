using System.Globalization;

namespace Resultity.Onnx.Tokenizers.Decoders;

internal sealed class ByteLevelStep : ISpellingStep
{
    public byte[]? Spell(ref string token) => ByteLevelAlphabet.Read(token);
}

/// <summary>Tokens named &lt;0x0A&gt; stand for one byte.</summary>
internal sealed class ByteFallbackStep : ISpellingStep
{
    public byte[]? Spell(ref string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? [value] : null;
}

internal sealed class ReplaceStep(TextPattern pattern, string content) : ISpellingStep
{
    public byte[]? Spell(ref string token)
    {
        token = pattern.Replace(token, content);
        return null;
    }
}

/// <summary>WordPiece: a token that does not continue a word begins one, after a space; the reference's list of contractions is closed up.</summary>
internal sealed class WordPieceStep(string prefix, bool cleanup) : ISpellingStep
{
    private static readonly (string Apart, string Together)[] Contractions =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public byte[]? Spell(ref string token)
    {
        token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : $" {token}";
        if (!cleanup) return null;
        foreach (var (apart, together) in Contractions) token = token.Replace(apart, together, StringComparison.Ordinal);
        return null;
    }
}
