using Resultity.Onnx.Diffusion.Schedulers;
using Resultity.Onnx.Imaging;

namespace Resultity.Onnx.Diffusion;

/// <summary>One picture on its way from noise. For one thread.</summary>
internal sealed class Painting
{
    private readonly DiffusionModel _model;
    private readonly DiffusionRequest _request;
    private readonly int _width, _height;
    private readonly GaussianNoise _noise;
    private readonly Picture? _source;
    private readonly float[]? _start;
    private readonly PaintMask? _mask;

    public Painting(DiffusionModel model, DiffusionRequest request, int width, int height)
    {
        (_model, _request, _width, _height) = (model, request, width, height);
        _noise = new GaussianNoise(request.Seed);
        if (request.Source is null) return;
        _source = Resampler.Resize(request.Source, width, height, Resampling.Lanczos);
        _start = model.Coder.Encode(_source);
        _mask = request.Mask is null ? null : PaintMask.Of(request.Mask, width, height, model.Config);
    }

    public DiffusionResult Run(Action<DiffusionProgress>? onStep, CancellationToken cancellation)
    {
        var prompt = _model.Read(_request.Prompt);
        var solverName = _request.Scheduler ?? _model.Schedule.DefaultScheduler;
        var (times, sigmas) = _model.Schedule.Steps(_request.Steps, solverName);
        var first = _start is null ? 0 : Math.Min(times.Length, times.Length - (int)Math.Round(times.Length * _request.Strength));
        var (across, down) = (_width / _model.Config.Scale, _height / _model.Config.Scale);
        var job = new DenoiseJob(Prompts(prompt), _request.Guidance, across, down, Extra(across * down));
        var fresh = _noise.Fill(_model.Config.Channels * across * down);
        var latent = Begin(fresh, first < times.Length ? sigmas[first] : 0);
        var solver = Solver.Of(solverName);
        for (var step = first; step < times.Length; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var clean = _model.Denoiser.Clean(job, latent, times[step], sigmas[step], _model.Schedule.Prediction);
            solver.Step(latent, clean, sigmas[step], sigmas[step + 1], _noise);
            if (_mask is not null && !_model.Config.FillsIn) _mask.Restore(latent, _start!, fresh, sigmas[step + 1]);
            onStep?.Invoke(new DiffusionProgress(step + 1 - first, times.Length - first, () => Finish(clean, 0)));
        }

        return new DiffusionResult(Finish(latent, first < times.Length ? sigmas[^1] : 0), prompt.Tokens, times.Length - first);
    }

    private IReadOnlyList<PromptMeaning> Prompts(PromptMeaning prompt)
    {
        if (_request.Guidance <= 1) return [prompt];
        var negative = _request.NegativePrompt.Length == 0 && _model.Config.ZeroForEmpty ? prompt.Zero() : _model.Read(_request.NegativePrompt);
        return [negative, prompt];
    }

    /// <summary>What a model that was trained to fill in is told beside the latent: where, and what is around.</summary>
    private float[] Extra(int size)
    {
        if (!_model.Config.FillsIn) return [];
        if (_source is null || _mask is null)
        {
            var everything = new float[size * (1 + _model.Config.Channels)];
            Array.Fill(everything, 1f, 0, size);
            return everything;
        }

        return [.. _mask.Latent, .. _model.Coder.Encode(_mask.Blank(_source))];
    }

    private float[] Begin(float[] fresh, double sigma)
    {
        var latent = new float[fresh.Length];
        // Pure noise has the deviation that image and noise have together.
        var scale = _start is null ? Math.Sqrt((sigma * sigma) + 1) : sigma;
        for (var i = 0; i < latent.Length; i++) latent[i] = (_start?[i] ?? 0) + (float)(fresh[i] * scale);
        return latent;
    }

    private Picture Finish(ReadOnlySpan<float> latent, double sigma)
    {
        var scaled = latent.ToArray();
        if (sigma > 0)
        {
            var scale = (float)(1 / Math.Sqrt((sigma * sigma) + 1));
            for (var i = 0; i < scaled.Length; i++) scaled[i] *= scale;
        }

        var made = _model.Coder.Decode(scaled, _width, _height);
        var sized = Resampler.Resize(made, _request.Width, _request.Height, Resampling.Lanczos);
        return _mask is null || _request.Source is null ? sized : PaintMask.Compose(Resampler.Resize(_request.Source, _request.Width, _request.Height, Resampling.Lanczos), sized, _request.Mask!);
    }
}
