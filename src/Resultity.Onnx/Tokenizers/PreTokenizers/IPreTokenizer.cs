namespace Resultity.Onnx.Tokenizers.PreTokenizers;

/// <summary>A part of the text on its way to the model.</summary>
/// <param name="Text">The characters, possibly rewritten.</param>
/// <param name="AtStart">True for the part that begins the whole input.</param>
internal readonly record struct Piece(ReadOnlyMemory<char> Text, bool AtStart);

/// <summary>Cuts a part of the text into smaller parts, possibly rewriting them. Thread-safe.</summary>
internal interface IPreTokenizer
{
    void Split(Piece piece, List<Piece> output);
}
