using Resultity.Onnx.Text.Decoding;

namespace Resultity.Onnx.Text.Loading;

/// <summary>Computes one token, so that a graph that cannot run is found when it is loaded.</summary>
internal static class Trial
{
    /// <summary>Returns the number of logits.</summary>
    /// <exception cref="ModelLoadException">The logits are not finite.</exception>
    public static int Run(Decoder decoder)
    {
        var row = decoder.Open();
        decoder.Prefill(row, [0]);
        var logits = decoder.Logits(row);
        foreach (var value in logits)
            if (float.IsNaN(value)) throw new ModelLoadException("The graph computes logits that are not numbers.");
        var width = logits.Length;
        decoder.Close(row);
        return width;
    }
}
