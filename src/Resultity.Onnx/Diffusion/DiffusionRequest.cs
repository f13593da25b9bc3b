using Resultity.Onnx.Diffusion.Schedulers;
using Resultity.Onnx.Imaging;

namespace Resultity.Onnx.Diffusion;

/// <summary>What picture is to be made, and how.</summary>
public sealed record DiffusionRequest
{
    /// <summary>What it is to show.</summary>
    public required string Prompt { get; init; }

    /// <summary>What it is not to show.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>Width of the picture, in pixels: a size that <see cref="DiffusionModel.Refuse"/> lets through.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the picture, in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>How many steps from noise to picture.</summary>
    public int Steps { get; init; } = 20;

    /// <summary>How closely the prompt is followed; 1 and less leaves the negative prompt out.</summary>
    public double Guidance { get; init; } = 5;

    /// <summary>Decides the noise: the same seed makes the same picture.</summary>
    public uint Seed { get; init; }

    /// <summary>One of <see cref="SolverNames"/>; <see langword="null"/> takes the one that the model comes with.</summary>
    public string? Scheduler { get; init; }

    /// <summary>The picture to start from, of any size.</summary>
    public Picture? Source { get; init; }

    /// <summary>How much of <see cref="Source"/> may change: 0 nothing, 1 everything.</summary>
    public double Strength { get; init; } = 0.8;

    /// <summary>What may change of <see cref="Source"/>: where the mask is transparent. Of any size; <see langword="null"/> for everything.</summary>
    public Picture? Mask { get; init; }
}

/// <summary>How far a picture has got.</summary>
/// <param name="Step">Steps that are done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Preview">Decodes what the model believes the picture to be now; costs about as much as a step.</param>
public sealed record DiffusionProgress(int Step, int Steps, Func<Picture> Preview);

/// <summary>A picture that was made.</summary>
/// <param name="Picture">The picture.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="Steps">Steps that were computed.</param>
public sealed record DiffusionResult(Picture Picture, int PromptTokens, int Steps);
