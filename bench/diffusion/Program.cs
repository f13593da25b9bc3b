using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Diffusion;

// A diffusion model in the diffusers layout (one text tower): Resultity's steps beside bare calls of ONNX Runtime on the same graphs. Arguments:
// the model's folder, steps, rounds; without them the built-in model, 20 steps, 15 rounds.
var folder = args.Length > 0 ? args[0] : Path.Combine("models", "resultity-mini-diffusion");
var (steps, rounds) = args.Length == 3 ? (int.Parse(args[1]), int.Parse(args[2])) : (20, 15);
using var model = DiffusionModel.Load(folder);
var side = model.NativeSide;
using var bare = new Bare(folder, model.PromptLength + 2, side / 8);
List<double> own = [], plain = [];
for (var round = -1; round < rounds; round++)
{
    // In turns, so that what else the machine does hits both. The first round warms up.
    var (without, with) = (Time(() => bare.Run(steps)), Time(() => model.Make(new DiffusionRequest { Prompt = "a red circle", Width = side, Height = side, Steps = steps, Seed = 1 }, null, CancellationToken.None)));
    if (round < 0) continue;
    plain.Add(without);
    own.Add(with);
}
own.Sort();
plain.Sort();
Console.WriteLine($"{Path.GetFileName(folder)}, {side} x {side}, {steps} steps with guidance, {Environment.ProcessorCount} cores: bare {plain[rounds / 2] * 1000 / steps:0.00} ms a step, Resultity {own[rounds / 2] * 1000 / steps:0.00} ms, ratio {own[rounds / 2] / plain[rounds / 2]:0.00} (median of {rounds}; both with reading the prompt and decoding the picture)");
return;

static double Time(Action run)
{
    var watch = Stopwatch.StartNew();
    run();
    return watch.Elapsed.TotalSeconds;
}

/// <summary>The least that a picture takes: the prompt and no prompt through the text tower, the denoiser on both at each step, the decoder.</summary>
internal sealed class Bare : IDisposable
{
    private readonly InferenceSession _text, _denoiser, _decoder;
    private readonly RunOptions _run = new();
    private readonly int _length, _side;

    public Bare(string folder, int length, int side)
    {
        (_length, _side) = (length, side);
        // As many threads as the engine gives to graphs of this size.
        var threads = new FileInfo(Path.Combine(folder, "unet", "model.onnx")).Length < 64 << 20 ? 1 : Environment.ProcessorCount;
        using var options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1, EnableMemoryPattern = false };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        InferenceSession Open(string part) => new(Path.Combine(folder, part, "model.onnx"), options);
        (_text, _denoiser, _decoder) = (Open("text_encoder"), Open("unet"), Open("vae_decoder"));
    }

    public void Run(int steps)
    {
        using var ids = OrtValue.CreateTensorValueFromMemory(new int[2 * _length], [2, _length]);
        using var read = _text.Run(_run, ["input_ids"], [ids], ["last_hidden_state"]);
        var latents = new float[2 * 4 * _side * _side];
        for (var step = 0; step < steps; step++)
        {
            using var sample = OrtValue.CreateTensorValueFromMemory(latents, [2, 4, _side, _side]);
            using var time = OrtValue.CreateTensorValueFromMemory(new long[] { 1000 - (step * (1000 / steps)) }, [1]);
            using var noise = _denoiser.Run(_run, ["sample", "timestep", "encoder_hidden_states"], [sample, time, read[0]], ["out_sample"]);
        }

        using var last = OrtValue.CreateTensorValueFromMemory(latents[..(4 * _side * _side)], [1, 4, _side, _side]);
        using var picture = _decoder.Run(_run, ["latent_sample"], [last], ["sample"]);
    }

    public void Dispose()
    {
        foreach (var session in (InferenceSession[])[_text, _denoiser, _decoder]) session.Dispose();
        _run.Dispose();
    }
}
