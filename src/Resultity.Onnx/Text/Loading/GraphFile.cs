namespace Resultity.Onnx.Text.Loading;

/// <summary>Finds the graph in a model's folder.</summary>
internal static class GraphFile
{
    /// <summary>The suffixes that exporters use, most exact first.</summary>
    private static readonly string[] Variants = ["", "fp16", "q8", "int8", "uint8", "quantized", "q4", "q4f16", "bnb4"];

    /// <summary>The path of <c>onnx/NAME[_variant].onnx</c>, or of the same in the folder itself.</summary>
    /// <exception cref="ModelLoadException">There is none.</exception>
    public static string Find(string folder, string? variant, string name = "model")
    {
        if (variant is not null && !variant.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            throw new ModelLoadException($"A variant is letters, digits and '_', as in model_q4.onnx; '{variant}' is not.");
        if (!Directory.Exists(folder)) throw new ModelLoadException($"There is no model folder {folder}.");
        foreach (var suffix in variant is null ? Variants : [variant])
            foreach (var parent in new[] { Path.Combine(folder, "onnx"), folder })
            {
                var path = Path.Combine(parent, suffix.Length == 0 ? $"{name}.onnx" : $"{name}_{suffix}.onnx");
                if (File.Exists(path)) return path;
            }
        throw new ModelLoadException(variant is null
            ? $"{folder} holds no onnx/{name}.onnx."
            : $"{folder} holds no onnx/{(variant.Length == 0 ? name : name + "_" + variant)}.onnx.");
    }
}
