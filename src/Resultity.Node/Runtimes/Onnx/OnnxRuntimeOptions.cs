using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Video;
using Resultity.Onnx.Text;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>What the in-process ONNX runtime serves.</summary>
public sealed record OnnxRuntimeOptions
{
    /// <summary>Folders of models in Hugging Face's ONNX layout, or folders that hold such folders. A model is named as its folder.</summary>
    public required IReadOnlyList<string> Folders { get; init; }

    /// <summary>Whether models are loaded at the start instead of with their first request.</summary>
    /// <value>Defaults to true.</value>
    public bool Preload { get; init; } = true;

    /// <summary>How many requests a model that makes images runs at once; each takes every core it gets.</summary>
    /// <value>Half of the cores, at least 1.</value>
    public int ImageSlots { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How text models are loaded.</summary>
    public TextModelOptions Model { get; init; } = new();

    /// <summary>How many sounds a speech model hears at the same time; each takes as much of the processor as there is.</summary>
    /// <value>2</value>
    public int SpeechSlots { get; init; } = 2;

    /// <summary>What sound may take.</summary>
    public AudioLimits Audio { get; init; } = new();

    /// <summary>What video may take.</summary>
    public VideoLimits Video { get; init; } = new();

    /// <summary>Limits of each text model's engine; its slots are what the offers say.</summary>
    public TextEngineOptions Engine { get; init; } = new() { QueueLimit = 4096 };
}
