namespace Resultity.Onnx.Diffusion.Schedulers;

/// <summary>What a model's output means.</summary>
internal enum Prediction
{
    /// <summary>The noise.</summary>
    Epsilon,

    /// <summary>The velocity between noise and image.</summary>
    Velocity,

    /// <summary>The image.</summary>
    Sample,
}

/// <summary>How much noise each training step had, and at which steps a picture is made: scheduler_config.json as diffusers reads it.</summary>
/// <remarks>
/// Everything is told in the noise's deviation sigma beside an image of its own size ("variance exploding"): there DDIM without added noise is
/// Euler's method, and the solvers are a few lines. A latent x in the model's own scale is x times sqrt(1 + sigma²) here.
/// </remarks>
internal sealed class NoiseSchedule
{
    private readonly double[] _sigmas;
    private readonly string _spacing;
    private readonly int _offset;

    private NoiseSchedule(double[] sigmas, string spacing, int offset, Prediction prediction, bool endsAtZero, bool karras)
    {
        (_sigmas, _spacing, _offset, Prediction, EndsAtZero, Karras) = (sigmas, spacing, offset, prediction, endsAtZero, karras);
    }

    public Prediction Prediction { get; }

    /// <summary>Whether the last step takes all noise away; else the noise of the first training step stays.</summary>
    public bool EndsAtZero { get; }

    /// <summary>Whether sigmas are spread as Karras et al. do.</summary>
    public bool Karras { get; }

    /// <summary>The name of the scheduler that the model comes with.</summary>
    public required string DefaultScheduler { get; init; }

    /// <exception cref="ModelLoadException">The file is missing or says what this engine does not do.</exception>
    public static NoiseSchedule Read(string folder)
    {
        var config = ConfigFile.Read(Path.Combine(folder, "scheduler"), "scheduler_config.json");
        var count = config.Number("num_train_timesteps", 2, 100_000) ?? 1000;
        double first = config.Real("beta_start", 0, 1) ?? 0.0001, last = config.Real("beta_end", 0, 1) ?? 0.02;
        var kind = config.Text("beta_schedule") ?? "linear";
        var sigmas = new double[count];
        var kept = 1.0;
        for (var step = 0; step < count; step++)
        {
            kept *= 1 - Beta(kind, step, count, first, last);
            sigmas[step] = Math.Sqrt((1 - kept) / Math.Max(kept, 1e-12));
        }

        var prediction = config.Text("prediction_type") switch
        {
            null or "epsilon" => Prediction.Epsilon,
            "v_prediction" => Prediction.Velocity,
            "sample" => Prediction.Sample,
            var other => throw new ModelLoadException($"scheduler_config.json: prediction_type '{other}' is not one of epsilon, v_prediction, sample."),
        };
        var isDdim = config.Text("_class_name") is null or "DDIMScheduler" or "PNDMScheduler";
        return new NoiseSchedule(
            sigmas, config.Text("timestep_spacing") ?? (isDdim ? "leading" : "linspace"), config.Number("steps_offset", 0, 1000) ?? 0, prediction,
            endsAtZero: !isDdim || config.Flag("set_alpha_to_one") != false, config.Flag("use_karras_sigmas") == true)
        {
            DefaultScheduler = config.Text("_class_name") switch
            {
                "EulerDiscreteScheduler" => SolverNames.Euler,
                "EulerAncestralDiscreteScheduler" => SolverNames.EulerAncestral,
                "DPMSolverMultistepScheduler" => SolverNames.DpmPlusPlus,
                _ => SolverNames.Ddim,
            },
        };
    }

    /// <summary>The steps of a picture, from the noisiest on: what the model is told (t) and the deviation, with one deviation more at the end.</summary>
    public (double[] Timesteps, double[] Sigmas) Steps(int count, string solver)
    {
        var total = _sigmas.Length;
        count = Math.Min(count, total);
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            times[i] = _spacing switch
            {
                "linspace" => count == 1 ? total - 1 : (total - 1) * (double)(count - 1 - i) / (count - 1),
                "trailing" => Math.Round(total - ((double)total / count * i)) - 1,
                _ => Math.Min(total - 1, ((count - 1 - i) * (total / count)) + _offset),
            };
        }

        var sigmas = new double[count + 1];
        for (var i = 0; i < count; i++) sigmas[i] = SigmaAt(times[i]);
        sigmas[count] = solver == SolverNames.Ddim && !EndsAtZero ? _sigmas[0] : 0;
        if (Karras && solver != SolverNames.Ddim && count > 1) Spread(sigmas, times);
        return (times, sigmas);
    }

    private double SigmaAt(double time)
    {
        var low = Math.Clamp((int)time, 0, _sigmas.Length - 1);
        var high = Math.Min(low + 1, _sigmas.Length - 1);
        return _sigmas[low] + ((_sigmas[high] - _sigmas[low]) * (time - low));
    }

    private void Spread(double[] sigmas, double[] times)
    {
        const double rho = 7;
        var count = times.Length;
        double most = Math.Pow(sigmas[0], 1 / rho), least = Math.Pow(sigmas[count - 1], 1 / rho);
        for (var i = 0; i < count; i++)
        {
            sigmas[i] = Math.Pow(most + ((least - most) * i / (count - 1)), rho);
            times[i] = TimeOf(sigmas[i]);
        }
    }

    private double TimeOf(double sigma)
    {
        var at = Array.BinarySearch(_sigmas, sigma);
        if (at >= 0) return at;
        var high = Math.Clamp(~at, 1, _sigmas.Length - 1);
        double low = Math.Log(_sigmas[high - 1]), up = Math.Log(_sigmas[high]);
        return high - 1 + Math.Clamp((Math.Log(sigma) - low) / (up - low), 0, 1);
    }

    private static double Beta(string kind, int step, int count, double first, double last)
    {
        var part = (double)step / (count - 1);
        return kind switch
        {
            "linear" => first + ((last - first) * part),
            "scaled_linear" => Math.Pow(Math.Sqrt(first) + ((Math.Sqrt(last) - Math.Sqrt(first)) * part), 2),
            "squaredcos_cap_v2" => Math.Min(0.999, 1 - (Bar((step + 1.0) / count) / Bar((double)step / count))),
            _ => throw new ModelLoadException($"scheduler_config.json: beta_schedule '{kind}' is not one of linear, scaled_linear, squaredcos_cap_v2."),
        };

        static double Bar(double t) => Math.Pow(Math.Cos((t + 0.008) / 1.008 * Math.PI / 2), 2);
    }
}
