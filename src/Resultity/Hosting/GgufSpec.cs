using Resultity.Cli;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.Supervised;
using static Resultity.Hosting.EngineSpec;

namespace Resultity.Hosting;

/// <summary>GGUF files that llama-server is to serve, as their operator wrote them.</summary>
internal static class GgufSpec
{
    private const string Form = "Write path[,name=NAME][,slots=N][,context=TOKENS][,threads=N][,gpu-layers=N][,mmproj=PATH][,embeddings=true][,pooling=mean|cls|last][,rerank=true][,load=TIME][,first-token=TIME].";

    /// <summary>A file: <c>path[,name=…]…</c>.</summary>
    /// <exception cref="CliException">It is written otherwise, or the file is not there or not a model.</exception>
    public static SupervisedModel Parse(string text, string llamaServer)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (!File.Exists(parts[0])) throw Wrong($"there is no file {parts[0]}.");
        var path = Path.GetFullPath(parts[0]);
        var model = new LlamaCppModel(path, Path.GetFileNameWithoutExtension(path)) { Program = llamaServer };
        foreach (var part in parts.Skip(1))
        {
            var (name, value) = Pair(part);
            model = name switch
            {
                "name" when IsName(value) => model with { Name = value },
                "slots" when Number(value, 1, 1024) is { } slots => model with { Slots = slots },
                "context" when Number(value, 64, 1 << 24) is { } context => model with { Context = context },
                "threads" when Number(value, 1, 1024) is { } threads => model with { Threads = threads },
                "gpu-layers" when Number(value, 0, 10_000) is { } layers => model with { GpuLayers = layers },
                "mmproj" when File.Exists(value) => model with { Projector = Path.GetFullPath(value) },
                "mmproj" => throw Wrong($"there is no file {value}, which mmproj names."),
                "embeddings" when bool.TryParse(value, out var embeddings) => model with { Embeddings = embeddings },
                "pooling" when value is "mean" or "cls" or "last" => model with { Pooling = value },
                "rerank" when bool.TryParse(value, out var reranks) => model with { Reranks = reranks },
                "load" when Time(value) is { } load => model with { LoadTimeout = load },
                "first-token" when Time(value) is { } first => model with { FirstTokenTimeout = first },
                _ => throw Wrong($"'{part}' is not understood."),
            };
        }

        if (model is { Embeddings: true, Reranks: true }) throw Wrong("a model makes embeddings or reranks, not both.");
        try
        {
            return model.Describe();
        }
        catch (RuntimeStartException wrong)
        {
            throw Wrong(wrong.Message);
        }
    }

    private static CliException Wrong(string what) => new(ExitCode.Usage, "node.gguf (--gguf): " + what, Form);
}
