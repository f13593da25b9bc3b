namespace Resultity.Onnx.Tokenizers;

/// <summary>A tokenizer file is broken or asks for something that this reader does not know; the message names the place.</summary>
public sealed class TokenizerFormatException : Exception
{
    /// <inheritdoc/>
    public TokenizerFormatException() { }

    /// <inheritdoc/>
    public TokenizerFormatException(string message) : base(message) { }

    /// <inheritdoc/>
    public TokenizerFormatException(string message, Exception inner) : base(message, inner) { }
}
