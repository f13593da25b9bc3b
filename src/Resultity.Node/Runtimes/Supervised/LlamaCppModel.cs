using System.Globalization;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Shards;

namespace Resultity.Node.Runtimes.Supervised;

/// <summary>A GGUF file that llama-server is to serve.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">The name that clients use.</param>
public sealed record LlamaCppModel(string Path, string Name)
{
    /// <summary>What the server takes beside weights and cache: code, buffers of the computation.</summary>
    private const long Overhead = 64L << 20;

    private const int UsualContext = 8192;

    /// <summary>The program.</summary>
    public string Program { get; init; } = "llama-server";

    /// <summary>How many requests it runs at once.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Tokens of context for each slot; <see langword="null"/> means the model's own, up to 8192.</summary>
    public int? Context { get; init; }

    /// <summary>Threads; <see langword="null"/> leaves it to the server.</summary>
    public int? Threads { get; init; }

    /// <summary>Layers on the accelerator; <see langword="null"/> leaves it to the server.</summary>
    public int? GpuLayers { get; init; }

    /// <summary>The projector of a model that sees images (<c>--mmproj</c>).</summary>
    public string? Projector { get; init; }

    /// <summary>Whether it makes embeddings, and nothing else.</summary>
    public bool Embeddings { get; init; }

    /// <summary>Reads the file's header and says how it is served.</summary>
    /// <exception cref="RuntimeStartException">The file cannot be read, or is not a whole GGUF file of a text model.</exception>
    public SupervisedModel Describe()
    {
        try
        {
            var facts = GgufFacts.Read(Path, Name);
            var context = Context ?? Math.Min(facts.ContextLength > 0 ? facts.ContextLength : UsualContext, UsualContext);
            var cache = checked((long)context * Slots * facts.CacheBytesPerToken * facts.LayerBytes.Count);
            return new SupervisedModel
            {
                Name = Name,
                Path = Path,
                Program = Program,
                Kind = "llama.cpp",
                Arguments = port => Arguments(context, port),
                Probe = ReadyProbe.Get("health"),
                Endpoints = Embeddings ? [InferenceEndpoint.Embeddings.Path] : [InferenceEndpoint.ChatCompletions.Path, InferenceEndpoint.Completions.Path],
                Slots = Slots,
                ContextLength = context,
                MemoryBytes = facts.FileBytes + cache + Overhead + (Projector is null ? 0 : new FileInfo(Projector).Length),
                PassedVariables = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GGML_VK_VISIBLE_DEVICES", "GGML_BACKEND_PATH", "LD_LIBRARY_PATH"],
            };
        }
        catch (Exception wrong) when (wrong is IOException or InvalidDataException or UnauthorizedAccessException or OverflowException)
        {
            throw new RuntimeStartException($"The model file {Path} cannot be served: {wrong.Message}.", wrong);
        }
    }

    private List<string> Arguments(int context, int port)
    {
        List<string> arguments =
        [
            "-m", Path, "--alias", Name, "--host", "127.0.0.1", "--port", Text(port), "-np", Text(Slots), "-c", Text(checked(context * Slots)), "--jinja", "--no-webui",
        ];
        if (Threads is { } threads)
        {
            arguments.AddRange(["-t", Text(threads)]);
        }

        if (GpuLayers is { } layers)
        {
            arguments.AddRange(["-ngl", Text(layers)]);
        }

        if (Projector is not null)
        {
            arguments.AddRange(["--mmproj", Projector]);
        }

        if (Embeddings)
        {
            arguments.Add("--embeddings");
        }

        return arguments;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
