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
    private readonly InferenceSession _session;

    private TextModel(InferenceSession session, TextModelConfig config, DecoderSignature signature, bool inPlace)
    {
        (_session, Config, Signature, InPlace) = (session, config, signature, inPlace);
    }

    /// <summary>What the configuration files say.</summary>
    public TextModelConfig Config { get; }

    /// <summary>Memory, in bytes, that keys and values of one token take.</summary>
    public long CacheBytesPerToken => Signature.BytesPerToken;

    /// <summary>Whether keys and values stay where they are from step to step, instead of being copied by each.</summary>
    public bool InPlace { get; }

    internal DecoderSignature Signature { get; }

    /// <summary>Loads a folder. Takes as long as reading the weights.</summary>
    /// <exception cref="ModelLoadException">The folder is not a model that this engine runs; the message says why.</exception>
    public static TextModel Load(string folder, TextModelOptions? options = null)
    {
        options ??= new TextModelOptions();
        var config = TextModelConfigReader.Read(folder, options.ContextLength);
        var path = GraphFile.Find(folder, options.Variant);
        InferenceSession? session = null;
        try
        {
            session = Sessions.Open(path, options.Threads, options.Spinning);
            var signature = DecoderSignature.Read(session, config);
            var model = new TextModel(session, config, signature, inPlace: false);
            using var decoder = model.CreateDecoder(1);
            return new TextModel(session, config with { VocabularySize = Trial.Run(decoder) }, signature, inPlace: false);
        }
        catch (OnnxRuntimeException e)
        {
            session?.Dispose();
            throw new ModelLoadException($"{Path.GetFileName(path)} does not run: {e.Message}", e);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    internal Decoder CreateDecoder(int rows) => new ConcatDecoder(_session, Signature, rows);
}
