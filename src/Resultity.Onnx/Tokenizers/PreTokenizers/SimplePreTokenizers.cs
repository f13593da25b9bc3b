using System.Text;

namespace Resultity.Onnx.Tokenizers.PreTokenizers;

internal sealed class SequencePreTokenizer(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> output)
    {
        List<Piece> current = [piece], next = [];
        foreach (var step in steps)
        {
            next.Clear();
            foreach (var part in current) step.Split(part, next);
            (current, next) = (next, current);
        }
        output.AddRange(current);
    }
}

internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> output)
    {
        var matches = new List<(int Start, int End)>();
        pattern.Match(piece.Text.Span, matches);
        Splitting.Apply(piece, matches, behavior, invert, output);
    }
}

/// <summary>Splits at single characters of a class.</summary>
internal sealed class CharacterPreTokenizer(Func<Rune, bool> member, SplitBehavior behavior) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> output)
    {
        var matches = new List<(int Start, int End)>();
        var text = piece.Text.Span;
        for (var at = 0; at < text.Length;)
        {
            _ = Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            if (member(rune)) matches.Add((at, at + length));
            at += length;
        }
        Splitting.Apply(piece, matches, behavior, invert: false, output);
    }
}
