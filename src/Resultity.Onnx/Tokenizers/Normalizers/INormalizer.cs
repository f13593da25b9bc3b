namespace Resultity.Onnx.Tokenizers.Normalizers;

/// <summary>Rewrites text before it is cut into words. Thread-safe.</summary>
internal interface INormalizer
{
    string Normalize(string text);
}
