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

    /// <summary>How a text's embedding is made of its tokens': <c>mean</c>, <c>cls</c> or <c>last</c>; <see langword="null"/> as the file says.</summary>
    public string? Pooling { get; init; }

    /// <summary>Whether it orders documents by a query (<c>/v1/rerank</c>), and nothing else.</summary>
    public bool Reranks { get; init; }

    /// <summary>How long it may take to load; <see langword="null"/> for the usual time.</summary>
    public TimeSpan? LoadTimeout { get; init; }

    /// <summary>How long a stream's first token may take; <see langword="null"/> for the usual time.</summary>
    public TimeSpan? FirstTokenTimeout { get; init; }

    /// <summary>Reads the file's header and says how it is served.</summary>
    /// <exception cref="RuntimeStartException">The file cannot be read, or is not a whole GGUF file of a text model.</exception>
    public SupervisedModel Describe()
    {
        try
        {
            var facts = GgufFacts.Read(Path, Name);
            var context = Context ?? Math.Min(facts.ContextLength > 0 ? facts.ContextLength : UsualContext, UsualContext);
            var cache = checked((long)context * Slots * facts.CacheBytesPerToken * facts.LayerBytes.Count);
            var model = new SupervisedModel
            {
                Name = Name,
                Path = Path,
                Program = Program,
                Kind = "llama.cpp",
                Arguments = port => Arguments(context, port),
                Probe = ReadyProbe.Get("health"),
                Endpoints = Endpoints,
                Slots = Slots,
                ContextLength = context,
                MemoryBytes = facts.FileBytes + cache + Overhead + (Projector is null ? 0 : new FileInfo(Projector).Length),
                PassedVariables = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GGML_VK_VISIBLE_DEVICES", "GGML_BACKEND_PATH", "LD_LIBRARY_PATH"],
            };
            return model with { LoadTimeout = LoadTimeout ?? model.LoadTimeout, FirstTokenTimeout = FirstTokenTimeout ?? model.FirstTokenTimeout };
        }
        catch (Exception wrong) when (wrong is IOException or InvalidDataException or UnauthorizedAccessException or OverflowException)
        {
            throw new RuntimeStartException($"The model file {Path} cannot be served: {wrong.Message}.", wrong);
        }
    }

    private IReadOnlyList<string> Endpoints =>
        Embeddings ? [InferenceEndpoint.Embeddings.Path]
        : Reranks ? [InferenceEndpoint.Rerank.Path]
        : Projector is not null ? [InferenceEndpoint.ChatCompletions.Path, InferenceEndpoint.Completions.Path, InferenceEndpoint.ImageDescription.Path]
        : [InferenceEndpoint.ChatCompletions.Path, InferenceEndpoint.Completions.Path];

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

        if (Embeddings || Reranks)
        {
            // Such a model looks at a whole text at once, so a text has to fit into one step.
            arguments.AddRange([Embeddings ? "--embeddings" : "--rerank", "-b", Text(context), "-ub", Text(context)]);
        }

        if (Pooling is not null)
        {
            arguments.AddRange(["--pooling", Pooling]);
        }

        return arguments;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
