namespace Resultity.Onnx.Diffusion.Schedulers;

/// <summary>The names of the solvers, as requests have them.</summary>
public static class SolverNames
{
    /// <summary>DDIM without added noise.</summary>
    public const string Ddim = "ddim";

    /// <summary>Euler's method.</summary>
    public const string Euler = "euler";

    /// <summary>Euler's method with noise added at each step.</summary>
    public const string EulerAncestral = "euler_a";

    /// <summary>DPM-Solver++ of second order, over two steps.</summary>
    public const string DpmPlusPlus = "dpmpp_2m";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Ddim, Euler, EulerAncestral, DpmPlusPlus];
}

/// <summary>Takes noise away, one step at a time, given what the model believes the picture to be. For one picture.</summary>
internal abstract class Solver
{
    /// <summary>Moves a latent from one deviation to the next.</summary>
    /// <param name="latent">The latent; changed in place.</param>
    /// <param name="clean">The model's belief of the latent without noise.</param>
    /// <param name="sigma">The deviation now.</param>
    /// <param name="next">The deviation to come to.</param>
    /// <param name="noise">Where new noise comes from.</param>
    public abstract void Step(Span<float> latent, ReadOnlySpan<float> clean, double sigma, double next, GaussianNoise noise);

    public static Solver Of(string name) => name switch
    {
        SolverNames.EulerAncestral => new AncestralSolver(),
        SolverNames.DpmPlusPlus => new MultistepSolver(),
        _ => new EulerSolver(),
    };
}

/// <summary>Along the straight line from here to the belief; in this scale also DDIM.</summary>
internal sealed class EulerSolver : Solver
{
    public override void Step(Span<float> latent, ReadOnlySpan<float> clean, double sigma, double next, GaussianNoise noise)
    {
        var part = (float)(next / sigma);
        for (var i = 0; i < latent.Length; i++) latent[i] = clean[i] + ((latent[i] - clean[i]) * part);
    }
}

/// <summary>Euler's method that goes further than it has to and adds noise again.</summary>
internal sealed class AncestralSolver : Solver
{
    public override void Step(Span<float> latent, ReadOnlySpan<float> clean, double sigma, double next, GaussianNoise noise)
    {
        var up = Math.Min(next, Math.Sqrt(next * next * ((sigma * sigma) - (next * next)) / (sigma * sigma)));
        var part = (float)(Math.Sqrt((next * next) - (up * up)) / sigma);
        for (var i = 0; i < latent.Length; i++) latent[i] = clean[i] + ((latent[i] - clean[i]) * part);
        if (up <= 0) return;
        for (var i = 0; i < latent.Length; i++) latent[i] += (float)(up * noise.Next());
    }
}

/// <summary>DPM-Solver++ (2M): the line is bent by what the belief was one step before. Lu et al., 2022.</summary>
internal sealed class MultistepSolver : Solver
{
    private float[]? _before;
    private double _lastStep;

    public override void Step(Span<float> latent, ReadOnlySpan<float> clean, double sigma, double next, GaussianNoise noise)
    {
        if (next <= 0)
        {
            clean.CopyTo(latent);
            return;
        }

        var step = Math.Log(sigma) - Math.Log(next);
        var (keep, gain) = ((float)(next / sigma), (float)-(Math.Exp(-step) - 1));
        var bend = _before is null ? 0 : (float)(step / (2 * _lastStep));
        for (var i = 0; i < latent.Length; i++)
        {
            var target = _before is null ? clean[i] : ((1 + bend) * clean[i]) - (bend * _before[i]);
            latent[i] = (latent[i] * keep) + (gain * target);
        }

        _before = clean.ToArray();
        _lastStep = step;
    }
}
