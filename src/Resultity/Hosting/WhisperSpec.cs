using Resultity.Cli;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.Supervised;
using Resultity.Node.Runtimes.WhisperCpp;
using static Resultity.Hosting.EngineSpec;

namespace Resultity.Hosting;

/// <summary>Whisper models in ggml's format that whisper-server is to serve, as their operator wrote them.</summary>
internal static class WhisperSpec
{
    private const string Form = "Write path[,name=NAME][,slots=N][,threads=N][,load=TIME], where path is a model in ggml's format or a folder of such models.";

    /// <summary>A file or a folder: <c>path[,name=…]…</c>.</summary>
    /// <exception cref="CliException">It is written otherwise, or there is no such model.</exception>
    public static IReadOnlyList<SupervisedModel> Parse(string text, string whisperServer)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var path = Path.GetFullPath(parts[0].Length > 0 ? parts[0] : throw Wrong("it names no file."));
        try
        {
            IReadOnlyList<WhisperCppModel> models = Directory.Exists(path) ? WhisperCppModel.Find(path)
                : File.Exists(path) ? [new WhisperCppModel(path, WhisperCppModel.NameOf(path))]
                : throw Wrong($"there is no file or folder {parts[0]}.");
            foreach (var part in parts.Skip(1))
            {
                var (name, value) = Pair(part);
                models = name switch
                {
                    "name" when models.Count > 1 => throw Wrong("a name can be given to one model, and the folder has several."),
                    "name" when IsName(value) => [models[0] with { Name = value }],
                    "slots" when Number(value, 1, 64) is { } slots => [.. models.Select(model => model with { Slots = slots })],
                    "load" when Time(value) is { } load => [.. models.Select(model => model with { LoadTimeout = load })],
                    "threads" when Number(value, 1, 1024) is { } threads => [.. models.Select(model => model with { Threads = threads })],
                    _ => throw Wrong($"'{part}' is not understood."),
                };
            }

            return [.. models.Select(model => (model with { Program = whisperServer }).Describe())];
        }
        catch (RuntimeStartException wrong)
        {
            throw Wrong(wrong.Message);
        }
    }

    private static CliException Wrong(string what) => new(ExitCode.Usage, "node.whisper (--whisper): " + what, Form);
}
