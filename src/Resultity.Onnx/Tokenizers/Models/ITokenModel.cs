namespace Resultity.Onnx.Tokenizers.Models;

/// <summary>Turns one word into token ids. Thread-safe.</summary>
internal interface ITokenModel
{
    /// <summary>Tokens by text.</summary>
    IReadOnlyDictionary<string, int> Vocabulary { get; }

    void Encode(ReadOnlySpan<char> word, List<int> output);
}
