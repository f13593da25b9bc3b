namespace Resultity.Onnx.Tokenizers.PreTokenizers;

/// <summary>Where SentencePiece's word mark is put in front of the text.</summary>
internal enum PrependScheme
{
    Always,
    First,
    Never,
}

/// <summary>Writes spaces as SentencePiece's word mark and starts a word at each.</summary>
internal sealed class MetaspacePreTokenizer(char mark, PrependScheme scheme, bool split) : IPreTokenizer
{
    private readonly TextPattern _marks = TextPattern.OfLiteral(mark.ToString());

    public void Split(Piece piece, List<Piece> output)
    {
        var text = piece.Text.ToString().Replace(' ', mark);
        if (!text.StartsWith(mark) && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.AtStart))) text = mark + text;
        var marked = new Piece(text.AsMemory(), piece.AtStart);
        if (!split)
        {
            output.Add(marked);
            return;
        }
        var matches = new List<(int Start, int End)>();
        _marks.Match(text, matches);
        Splitting.Apply(marked, matches, SplitBehavior.MergedWithNext, invert: false, output);
    }
}
