namespace Resultity.Onnx;

/// <summary>A model's folder cannot be used: a file is missing, too large, malformed, or describes something this engine does not run.</summary>
/// <remarks>The message names the file and the key, and is meant for the node's operator.</remarks>
public sealed class ModelLoadException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ModelLoadException(string message, Exception? inner = null) : base(message, inner) { }
}
