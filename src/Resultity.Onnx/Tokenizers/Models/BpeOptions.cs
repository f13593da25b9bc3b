namespace Resultity.Onnx.Tokenizers.Models;

/// <summary>The switches of a BPE model, named as in the file.</summary>
internal sealed record BpeOptions
{
    public string? UnknownToken { get; init; }
    public bool FuseUnknown { get; init; }
    public bool ByteFallback { get; init; }
    public bool IgnoreMerges { get; init; }
    public string ContinuingPrefix { get; init; } = "";
    public string EndSuffix { get; init; } = "";
}
