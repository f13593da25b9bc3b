namespace Resultity.Onnx.Diffusion;

/// <summary>What a folder in the diffusers layout says of its parts.</summary>
internal sealed record DiffusionConfig
{
    private const int LargestSide = 4096;

    /// <summary>The pipeline's class, such as <c>StableDiffusionXLPipeline</c>.</summary>
    public required string Pipeline { get; init; }

    /// <summary>Pixels per latent, across and down.</summary>
    public required int Scale { get; init; }

    /// <summary>Channels of a latent.</summary>
    public required int Channels { get; init; }

    /// <summary>Channels that the UNet takes: the latent's, or 5 more for a model that was trained to fill in.</summary>
    public required int InputChannels { get; init; }

    /// <summary>The side of the pictures that the model was trained on, in pixels.</summary>
    public required int NativeSide { get; init; }

    /// <summary>Latents come out of the encoder times this.</summary>
    public required double ScalingFactor { get; init; }

    /// <summary>And plus this, before the factor.</summary>
    public required double Shift { get; init; }

    /// <summary>Sides are multiples of this many pixels.</summary>
    public required int Grain { get; init; }

    /// <summary>An empty negative prompt stands for zeros instead of a text.</summary>
    public required bool ZeroForEmpty { get; init; }

    public bool FillsIn => InputChannels == (2 * Channels) + 1;

    /// <exception cref="ModelLoadException">A file or key is missing or out of range.</exception>
    public static DiffusionConfig Read(string folder)
    {
        var index = ConfigFile.Read(folder, "model_index.json");
        var unet = ConfigFile.Read(Path.Combine(folder, "unet"), "config.json");
        var vae = ConfigFile.TryRead(Path.Combine(folder, "vae_decoder"), "config.json") ?? ConfigFile.Read(Path.Combine(folder, "vae"), "config.json");
        var blocks = vae.Numbers("block_out_channels", 1, 1 << 16) ?? [1, 1, 1, 1];
        var scale = 1 << (blocks.Length - 1);
        var channels = vae.Number("latent_channels", 1, 64) ?? 4;
        var depth = Math.Max(1, (unet.Numbers("block_out_channels", 1, 1 << 16) ?? [1, 1, 1, 1]).Length);
        var input = unet.Number("in_channels", 1, 256) ?? channels;
        if (input != channels && input != (2 * channels) + 1) throw new ModelLoadException($"unet/config.json: in_channels is {input}; this engine runs {channels} and {(2 * channels) + 1}.");
        return new DiffusionConfig
        {
            Pipeline = index.Text("_class_name") ?? "StableDiffusionPipeline",
            Scale = scale,
            Channels = channels,
            InputChannels = input,
            NativeSide = Math.Min(LargestSide, (unet.Number("sample_size", 1, 1024) ?? 64) * scale),
            ScalingFactor = vae.Real("scaling_factor", 1e-6, 1e6) ?? 0.18215,
            Shift = vae.Real("shift_factor", -1e6, 1e6) ?? 0,
            Grain = scale << Math.Min(depth - 1, 3),
            ZeroForEmpty = index.Flag("force_zeros_for_empty_prompt") == true,
        };
    }
}
