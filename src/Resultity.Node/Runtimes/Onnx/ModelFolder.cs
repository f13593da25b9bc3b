using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>What a model is for.</summary>
internal enum ModelKind
{
    Chat,
    Completion,
    Embedding,
    Speech,
    Diffusion,
    Caption,
    Moderation,
}

/// <summary>A folder in Hugging Face's ONNX layout: transformers' with <c>config.json</c> and <c>onnx/</c>, or diffusers' with <c>model_index.json</c>.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">The model's name: the folder's.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Created">Unix seconds of its weights.</param>
/// <param name="Fingerprint">Changes when the weights are replaced.</param>
internal sealed record ModelFolder(string Path, string Name, ModelKind Kind, long Created, string Fingerprint)
{
    /// <summary>Finds the models in folders that are one or hold some.</summary>
    /// <exception cref="RuntimeStartException">A folder does not exist.</exception>
    public static List<ModelFolder> Find(IEnumerable<string> folders)
    {
        var result = new List<ModelFolder>();
        foreach (var folder in folders)
        {
            if (!Directory.Exists(folder)) throw new RuntimeStartException($"The ONNX model folder '{folder}' does not exist.");
            IEnumerable<string> candidates = IsModel(folder) ? [folder] : Directory.GetDirectories(folder).Where(IsModel).Order(StringComparer.Ordinal);
            foreach (var candidate in candidates)
                if (Read(candidate) is { } model && result.All(other => other.Name != model.Name)) result.Add(model);
        }
        return result;
    }

    private static bool IsPipeline(string folder) =>
        File.Exists(System.IO.Path.Combine(folder, "model_index.json")) && File.Exists(System.IO.Path.Combine(folder, "unet", "model.onnx"));

    private static bool IsModel(string folder) => IsPipeline(folder) ||
        File.Exists(System.IO.Path.Combine(folder, "config.json")) && File.Exists(System.IO.Path.Combine(folder, "tokenizer.json")) && Directory.Exists(System.IO.Path.Combine(folder, "onnx"));

    private static ModelFolder? Read(string folder)
    {
        if (KindOf(folder) is not { } kind) return null;
        var weights = (kind == ModelKind.Diffusion
            ? new DirectoryInfo(folder).GetDirectories().SelectMany(static part => part.GetFiles("*.onnx*"))
            : new DirectoryInfo(System.IO.Path.Combine(folder, "onnx")).GetFiles("*.onnx*")).OrderBy(static file => file.FullName, StringComparer.Ordinal).ToList();
        // Names and sizes, not contents: those take minutes to read for a large model.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(weights.Select(static file => string.Create(CultureInfo.InvariantCulture, $"{file.Name}:{file.Length}:{file.LastWriteTimeUtc.Ticks}\n")))));
        var created = weights.Count == 0 ? 0 : new DateTimeOffset(weights.Max(static file => file.LastWriteTimeUtc)).ToUnixTimeSeconds();
        return new ModelFolder(folder, System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder))), kind, created,
            $"fp_{Convert.ToHexStringLower(hash.AsSpan(0, 5))}");
    }

    /// <summary>By the class that transformers would load, or, where the configuration names none, by the file that says how to generate.</summary>
    private static ModelKind? KindOf(string folder)
    {
        if (IsPipeline(folder)) return ModelKind.Diffusion;
        if (Architecture(folder) is { } architecture && architecture.StartsWith("Whisper", StringComparison.Ordinal)) return ModelKind.Speech;
        if (Architecture(folder) == "VisionEncoderDecoderModel") return ModelKind.Caption;
        if (!Directory.EnumerateFiles(System.IO.Path.Combine(folder, "onnx"), "model*.onnx").Any()) return null;
        if (Architecture(folder)?.EndsWith("ForSequenceClassification", StringComparison.Ordinal) == true) return ModelKind.Moderation;
        var writes = Architecture(folder)?.EndsWith("ForCausalLM", StringComparison.Ordinal) ?? File.Exists(System.IO.Path.Combine(folder, "generation_config.json"));
        if (!writes) return ModelKind.Embedding;
        return HasTemplate(folder) ? ModelKind.Chat : ModelKind.Completion;
    }

    private static string? Architecture(string folder)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(System.IO.Path.Combine(folder, "config.json")));
            return document.RootElement.TryGetProperty("architectures", out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? list[0].GetString() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Loading it says what is wrong with it.
            return null;
        }
    }

    private static bool HasTemplate(string folder)
    {
        if (File.Exists(System.IO.Path.Combine(folder, "chat_template.jinja"))) return true;
        var configuration = System.IO.Path.Combine(folder, "tokenizer_config.json");
        return File.Exists(configuration) && File.ReadAllText(configuration).Contains("\"chat_template\"", StringComparison.Ordinal);
    }
}
