using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Text.Decoding;
using Resultity.Onnx.Text.Loading;

namespace Resultity.Onnx.Text;

/// <summary>A decoder in Hugging Face's ONNX layout, loaded and tried once.</summary>
/// <remarks>
/// A folder holds config.json, generation_config.json and onnx/model.onnx (or another precision). Thread-safe; several engines may share one.
/// Dispose it after the engines that use it.
/// </remarks>
public sealed class TextModel : IDisposable
{
    private readonly DecoderGraph _graph;

    private TextModel(DecoderGraph graph, TextModelConfig config) => (_graph, Config) = (graph, config);

    /// <summary>What the configuration files say.</summary>
    public TextModelConfig Config { get; }

    /// <summary>Memory, in bytes, that keys and values of one token take.</summary>
    public long CacheBytesPerToken => _graph.Signature.BytesPerToken;

    /// <summary>Whether keys and values stay where they are from step to step, instead of being copied by each.</summary>
    public bool InPlace => _graph.InPlace;

    /// <summary>Loads a folder. Takes as long as reading the weights.</summary>
    /// <exception cref="ModelLoadException">The folder is not a model that this engine runs; the message says why.</exception>
    public static TextModel Load(string folder, TextModelOptions? options = null)
    {
        options ??= new TextModelOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.ContextLength, nameof(options));
        var config = TextModelConfigReader.Read(folder, options.ContextLength);
        var path = GraphFile.Find(folder, options.Variant);
        try
        {
            var graph = DecoderLoader.Load(path, config, options);
            return new TextModel(graph, config with { VocabularySize = graph.Vocabulary });
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelLoadException($"{Path.GetFileName(path)} does not run: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _graph.Dispose();

    internal Decoder CreateDecoder(int rows) => _graph.CreateDecoder(rows, Config.ContextLength);
}
