using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Speech.Decoding;

/// <summary>A word of a passage, and which of the tokens given begins it.</summary>
internal sealed record WordPiece(string Text, int First, int End);

/// <summary>Puts tokens together to words.</summary>
internal static class WordSplitter
{
    public static List<WordPiece> Split(List<int> part, WhisperTokens tokens, Tokenizer tokenizer, string language)
    {
        var words = new List<WordPiece>();
        var stream = new TokenStream(tokenizer);
        var spaced = WhisperLanguages.HasBlanks(language);
        for (var i = 0; i < part.Count; i++)
        {
            if (!tokens.IsText(part[i])) continue;
            var text = stream.Append(part[i]);
            var punctuation = text.Length > 0 && text.All(static c => char.IsPunctuation(c) || char.IsSymbol(c));
            var begins = words.Count == 0 || (spaced ? text.StartsWith(' ') : text.Length > 0 && !punctuation);
            if (begins) words.Add(new WordPiece(text, i, i + 1));
            else words[^1] = new WordPiece(words[^1].Text + text, words[^1].First, i + 1);
        }
        if (words.Count > 0) words[^1] = words[^1] with { Text = words[^1].Text + stream.Flush() };
        return [.. words.Select(static word => word with { Text = word.Text.Trim() }).Where(static word => word.Text.Length > 0)];
    }
}
