namespace Resultity.Onnx.Tokenizers.PreTokenizers;

/// <summary>GPT-2's word splitting, then every byte of the UTF-8 form written as one printable character.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    private static readonly TextPattern Words = TextPattern.OfRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");

    public void Split(Piece piece, List<Piece> output)
    {
        if (addPrefixSpace && !piece.Text.Span.StartsWith(' ')) piece = new Piece($" {piece.Text.Span}".AsMemory(), piece.AtStart);
        if (!useRegex)
        {
            output.Add(new Piece(ByteLevelAlphabet.Write(piece.Text.Span), piece.AtStart));
            return;
        }
        var matches = new List<(int Start, int End)>();
        Words.Match(piece.Text.Span, matches);
        foreach (var (start, end) in matches) output.Add(new Piece(ByteLevelAlphabet.Write(piece.Text.Span[start..end]), piece.AtStart && start == 0));
    }
}
