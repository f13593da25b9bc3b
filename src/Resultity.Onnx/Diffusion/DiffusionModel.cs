using System.Globalization;
using Resultity.Onnx.Diffusion.Schedulers;

namespace Resultity.Onnx.Diffusion;

/// <summary>A Stable-Diffusion-type model in the diffusers layout with ONNX parts: a prompt in, a picture out.</summary>
/// <remarks>
/// Thread-safe. Folders: <c>scheduler</c>, <c>tokenizer</c>, <c>text_encoder</c>, <c>unet</c>, <c>vae_decoder</c>, and where there are
/// <c>vae_encoder</c> (for edits), <c>tokenizer_2</c> and <c>text_encoder_2</c> (SDXL).
/// </remarks>
public sealed class DiffusionModel : IDisposable
{
    /// <summary>The longest side of a picture.</summary>
    public const int LargestSide = 2048;

    /// <summary>A model trained on pictures smaller than this knows only their size; others bear up to half as much again a side.</summary>
    private const int SmallestFreeSide = 256;

    private readonly DiffusionConfig _config;
    private readonly TextTower[] _towers;

    private DiffusionModel(DiffusionConfig config, NoiseSchedule schedule, TextTower[] towers, Denoiser denoiser, LatentCoder coder) =>
        (_config, Schedule, _towers, Denoiser, Coder) = (config, schedule, towers, denoiser, coder);

    /// <summary>The side of the pictures that the model was trained on, which is also the size that it makes when none is asked for.</summary>
    public int NativeSide => _config.NativeSide;

    /// <summary>Whether it can start from a picture.</summary>
    public bool StartsFromPictures => Coder.Encodes;

    /// <summary>The most tokens of a prompt that it reads.</summary>
    public int PromptLength => _towers[0].Length - 2;

    internal DiffusionConfig Config => _config;

    internal NoiseSchedule Schedule { get; }

    internal Denoiser Denoiser { get; }

    internal LatentCoder Coder { get; }

    /// <summary>Loads a folder.</summary>
    /// <exception cref="ModelLoadException">The folder is not a model that this engine runs; the message says why.</exception>
    public static DiffusionModel Load(string folder, int threads = 0)
    {
        var config = DiffusionConfig.Read(folder);
        var schedule = NoiseSchedule.Read(folder);
        var parts = new List<IDisposable>();
        T Keep<T>(T part) where T : IDisposable
        {
            parts.Add(part);
            return part;
        }

        try
        {
            var two = Directory.Exists(Path.Combine(folder, "text_encoder_2"));
            TextTower[] towers = two
                ? [Keep(TextTower.Load(folder, "", penultimate: true, threads)), Keep(TextTower.Load(folder, "_2", penultimate: true, threads))]
                : [Keep(TextTower.Load(folder, "", penultimate: false, threads))];
            return new DiffusionModel(config, schedule, towers, Keep(Denoiser.Load(folder, config, threads)), Keep(LatentCoder.Load(folder, config, threads)));
        }
        catch
        {
            foreach (var part in parts) part.Dispose();
            throw;
        }
    }

    /// <summary>Why a size cannot be made; <see langword="null"/> if it can.</summary>
    public string? Refuse(int width, int height) =>
        width < 1 || height < 1 || width > LargestSide || height > LargestSide ? string.Create(CultureInfo.InvariantCulture, $"sides are 1 to {LargestSide} pixels")
        : width % _config.Scale != 0 || height % _config.Scale != 0 ? string.Create(CultureInfo.InvariantCulture, $"sides are multiples of {_config.Scale} pixels")
        : Math.Max(width, height) > 4 * Math.Min(width, height) ? "one side is at most four times the other"
        : null;

    /// <summary>Makes a picture. Takes the caller's thread.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="onStep">Told after each step; may be null.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    public DiffusionResult Make(DiffusionRequest request, Action<DiffusionProgress>? onStep, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (width, height) = Computed(request.Width, request.Height);
        var painting = new Painting(this, request, width, height);
        return painting.Run(onStep, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tower in _towers) tower.Dispose();
        Denoiser.Dispose();
        Coder.Dispose();
    }

    internal PromptMeaning Read(string prompt) => _towers.Length == 1 ? _towers[0].Read(prompt) : TextTower.Join(_towers[0].Read(prompt), _towers[1].Read(prompt));

    /// <summary>The size that is computed for a size that is wanted; the picture is scaled to the latter.</summary>
    internal (int Width, int Height) Computed(int width, int height)
    {
        if (Denoiser.FixedSize is { } only) return (only.Width * _config.Scale, only.Height * _config.Scale);
        var native = _config.NativeSide;
        if (native < SmallestFreeSide) return (native, native);
        var largest = 1.5 * native;
        var shrink = Math.Min(1, Math.Min(largest / Math.Max(width, height), Math.Sqrt(largest * largest / ((double)width * height))));
        var grow = Math.Max(shrink, 0.5 * native / Math.Min(width, height));
        int Fit(int side) => Math.Max(_config.Grain, (int)Math.Round(side * grow / _config.Grain) * _config.Grain);
        return (Fit(width), Fit(height));
    }
}
