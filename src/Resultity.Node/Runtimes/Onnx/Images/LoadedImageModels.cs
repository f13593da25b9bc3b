using Resultity.Onnx.Captioning;
using Resultity.Onnx.Diffusion;

namespace Resultity.Node.Runtimes.Onnx.Images;

/// <summary>A model that makes images, in memory.</summary>
internal sealed class LoadedDiffusionModel(DiffusionModel model) : LoadedModel
{
    public DiffusionModel Model => model;

    public override int ContextLength => model.PromptLength;

    public override ValueTask DisposeAsync()
    {
        model.Dispose();
        return default;
    }
}

/// <summary>A model that describes images, in memory.</summary>
internal sealed class LoadedCaptionModel(CaptionModel model) : LoadedModel
{
    public CaptionModel Model => model;

    public override int ContextLength => model.MaxTokens;

    public override ValueTask DisposeAsync()
    {
        model.Dispose();
        return default;
    }
}
