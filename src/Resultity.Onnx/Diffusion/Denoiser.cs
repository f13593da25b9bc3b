using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Diffusion.Schedulers;
using Resultity.Onnx.Graphs;

namespace Resultity.Onnx.Diffusion;

/// <summary>The UNet: from a noisy latent and a prompt to what the picture may be without the noise.</summary>
internal sealed class Denoiser : IDisposable
{
    private static readonly string[] Known = ["sample", "timestep", "encoder_hidden_states", "text_embeds", "time_ids"];

    private readonly ModelGraph _graph;
    private readonly DiffusionConfig _config;
    private readonly string _output;

    private Denoiser(ModelGraph graph, DiffusionConfig config)
    {
        (_graph, _config) = (graph, config);
        graph.Expect(Known);
        _output = graph.HasOutput("out_sample") ? "out_sample" : graph.Outputs.First();
    }

    /// <summary>Whether the UNet wants the pooled text and the picture's sizes, as SDXL does.</summary>
    public bool WantsPooled => _graph.HasInput("text_embeds");

    /// <summary>The only width and height in latents that the graph takes; <see langword="null"/> if it takes any.</summary>
    public (int Width, int Height)? FixedSize => _graph.ShapeOf("sample") is [_, _, > 0 and var height, > 0 and var width] ? (width, height) : null;

    /// <exception cref="ModelLoadException">It does not run.</exception>
    public static Denoiser Load(string folder, DiffusionConfig config, int threads)
    {
        var graph = ModelGraph.Open(Path.Combine(folder, "unet", "model.onnx"), threads);
        try
        {
            return new Denoiser(graph, config);
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    /// <summary>What the latent may be without noise, with classifier-free guidance.</summary>
    /// <param name="job">What is made.</param>
    /// <param name="latent">The latent, in the scale where the noise lies beside it.</param>
    /// <param name="timestep">What the model is told of the noise.</param>
    /// <param name="sigma">The noise's deviation.</param>
    /// <param name="prediction">What the output means.</param>
    public float[] Clean(DenoiseJob job, ReadOnlySpan<float> latent, double timestep, double sigma, Prediction prediction)
    {
        var rows = job.Prompts.Count;
        var scale = (float)(1 / Math.Sqrt((sigma * sigma) + 1));
        var plane = latent.Length + job.Extra.Length;
        var input = new float[rows * plane];
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < latent.Length; i++) input[(row * plane) + i] = latent[i] * scale;
            job.Extra.CopyTo(input.AsSpan((row * plane) + latent.Length));
        }

        var output = Run(job, input, rows, timestep);
        var clean = new float[latent.Length];
        for (var i = 0; i < clean.Length; i++)
        {
            // With two rows the first has the negative prompt.
            var guided = rows == 1 ? output[i] : output[i] + ((float)job.Guidance * (output[latent.Length + i] - output[i]));
            clean[i] = prediction switch
            {
                Prediction.Epsilon => latent[i] - (float)(sigma * guided),
                Prediction.Velocity => (latent[i] * scale * scale) - (float)(guided * sigma * scale),
                _ => guided,
            };
        }

        return clean;
    }

    public void Dispose() => _graph.Dispose();

    private float[] Run(DenoiseJob job, float[] input, int rows, double timestep)
    {
        var inputs = new List<(string, OrtValue)>
        {
            ("sample", _graph.Feed("sample", input, rows, _config.InputChannels, job.Height, job.Width)),
            ("timestep", _graph.Feed("timestep", [(float)timestep], 1)),
            ("encoder_hidden_states", _graph.Feed("encoder_hidden_states", Rows(job.Prompts, static prompt => prompt.Hidden), rows, job.Prompts[0].Hidden.Length / job.Prompts[0].Width, job.Prompts[0].Width)),
        };
        if (WantsPooled)
        {
            inputs.Add(("text_embeds", _graph.Feed("text_embeds", Rows(job.Prompts, static prompt => prompt.Pooled), rows, job.Prompts[0].Pooled.Length)));
            float height = job.Height * _config.Scale, width = job.Width * _config.Scale;
            float[] sizes = [height, width, 0, 0, height, width];
            inputs.Add(("time_ids", _graph.Feed("time_ids", [.. Enumerable.Repeat(sizes, rows).SelectMany(static row => row)], rows, sizes.Length)));
        }

        return _graph.RunOne(_output, inputs.ToArray()).Values;
    }

    private static float[] Rows(IReadOnlyList<PromptMeaning> prompts, Func<PromptMeaning, float[]> part) => prompts.Count == 1 ? part(prompts[0]) : [.. part(prompts[0]), .. part(prompts[1])];
}

/// <summary>What stays the same over all steps of a picture.</summary>
/// <param name="Prompts">The prompt; before it the negative one, where there is guidance.</param>
/// <param name="Guidance">How closely the prompt is followed.</param>
/// <param name="Width">Width in latents.</param>
/// <param name="Height">Height in latents.</param>
/// <param name="Extra">Channels behind the latent's: mask and masked latent, for models that were trained to fill in.</param>
internal sealed record DenoiseJob(IReadOnlyList<PromptMeaning> Prompts, double Guidance, int Width, int Height, float[] Extra);
