using Resultity.Onnx;
using Resultity.Onnx.Speech;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>A model in memory that writes speech down.</summary>
internal sealed class LoadedSpeechModel(SpeechModel model) : LoadedModel
{
    public SpeechModel Model => model;

    public override int ContextLength => model.MaxTokens;

    /// <exception cref="ModelLoadException">The folder cannot be served; the message says why.</exception>
    public static LoadedSpeechModel Load(string folder) => new(SpeechModel.Load(folder));

    public override ValueTask DisposeAsync()
    {
        model.Dispose();
        return default;
    }
}
