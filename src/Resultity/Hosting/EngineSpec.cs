using System.Globalization;
using System.Text;
using Resultity.Cli;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.Supervised;
using Resultity.Node.Runtimes.WhisperCpp;

namespace Resultity.Hosting;

/// <summary>Models with server programs of their own, as their operator wrote them.</summary>
internal static class EngineSpec
{
    private const string GgufForm = "Write path[,name=NAME][,slots=N][,context=TOKENS][,threads=N][,gpu-layers=N][,mmproj=PATH][,embeddings=true].";
    private const string WhisperForm = "Write path[,name=NAME][,slots=N][,threads=N], where path is a model in ggml's format or a folder of such models.";
    private const string CommandForm = "Write [slots=N,memory-mb=N] program arguments, with {port} where the port to listen on belongs and {model} for the model's name.";

    /// <summary>A GGUF file: <c>path[,name=…]…</c>.</summary>
    /// <exception cref="CliException">It is written otherwise, or the file is not there or not a model.</exception>
    public static SupervisedModel Gguf(string text, string llamaServer)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (!File.Exists(parts[0])) throw WrongGguf($"there is no file {parts[0]}.");
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
                "embeddings" when bool.TryParse(value, out var embeddings) => model with { Embeddings = embeddings },
                _ => throw WrongGguf($"'{part}' is not understood."),
            };
        }

        try
        {
            return model.Describe();
        }
        catch (RuntimeStartException wrong)
        {
            throw WrongGguf(wrong.Message);
        }
    }

    /// <summary>Whisper models in ggml's format: <c>path[,name=…]…</c>, of a file or a folder.</summary>
    /// <exception cref="CliException">It is written otherwise, or there is no such model.</exception>
    public static IReadOnlyList<SupervisedModel> Whisper(string text, string whisperServer)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var path = Path.GetFullPath(parts[0].Length > 0 ? parts[0] : throw WrongWhisper("it names no file."));
        try
        {
            IReadOnlyList<WhisperCppModel> models = Directory.Exists(path) ? WhisperCppModel.Find(path)
                : File.Exists(path) ? [new WhisperCppModel(path, WhisperCppModel.NameOf(path))]
                : throw WrongWhisper($"there is no file or folder {parts[0]}.");
            foreach (var part in parts.Skip(1))
            {
                var (name, value) = Pair(part);
                models = name switch
                {
                    "name" when models.Count > 1 => throw WrongWhisper("a name can be given to one model, and the folder has several."),
                    "name" when IsName(value) => [models[0] with { Name = value }],
                    "slots" when Number(value, 1, 64) is { } slots => [.. models.Select(model => model with { Slots = slots })],
                    "threads" when Number(value, 1, 1024) is { } threads => [.. models.Select(model => model with { Threads = threads })],
                    _ => throw WrongWhisper($"'{part}' is not understood."),
                };
            }

            return [.. models.Select(model => (model with { Program = whisperServer }).Describe())];
        }
        catch (RuntimeStartException wrong)
        {
            throw WrongWhisper(wrong.Message);
        }
    }

    /// <summary>A command that serves one model: <c>[slots=…] program arguments</c>.</summary>
    /// <exception cref="CliException">It is written otherwise.</exception>
    public static SupervisedModel Command(string name, string text)
    {
        var (slots, memory) = (1, 0);
        var line = text.Trim();
        if (line.StartsWith('['))
        {
            var end = line.IndexOf(']', StringComparison.Ordinal);
            if (end < 0) throw WrongCommand(name, "its options have no closing bracket.");
            foreach (var part in line[1..end].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var (option, value) = Pair(part);
                (slots, memory) = option switch
                {
                    "slots" when Number(value, 1, 10_000) is { } count => (count, memory),
                    "memory-mb" when Number(value, 0, 1 << 24) is { } megabytes => (slots, megabytes),
                    _ => throw WrongCommand(name, $"'{part}' is not understood."),
                };
            }

            line = line[(end + 1)..];
        }

        var words = Words(line);
        if (words.Count == 0) throw WrongCommand(name, "there is no program.");
        if (!words.Skip(1).Any(static word => word.Contains("{port}", StringComparison.Ordinal))) throw WrongCommand(name, "no argument says {port}.");
        return new SupervisedModel
        {
            Name = name,
            Program = words[0],
            Kind = "command",
            Arguments = port => [.. words.Skip(1).Select(word => word.Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("{model}", name, StringComparison.Ordinal))],
            Endpoints = [InferenceEndpoint.ChatCompletions.Path, InferenceEndpoint.Completions.Path, InferenceEndpoint.Embeddings.Path],
            Slots = slots,
            MemoryBytes = (long)memory << 20,
            PassedVariables = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "HF_HOME", "HF_HUB_OFFLINE", "VIRTUAL_ENV"],
        };
    }

    /// <summary>Words as a shell reads them: single and double quotes hold words together.</summary>
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quote, inWord) = ('\0', false);
        foreach (var c in line)
        {
            if (quote != '\0' ? c == quote : c is '\'' or '"')
            {
                (quote, inWord) = (quote == '\0' ? c : '\0', true);
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (inWord) words.Add(word.ToString());
                word.Clear();
                inWord = false;
            }
            else
            {
                word.Append(c);
                inWord = true;
            }
        }

        if (inWord) words.Add(word.ToString());
        return words;
    }

    private static (string Name, string Value) Pair(string part)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
    }

    private static int? Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : null;

    private static bool IsName(string text) => text.Length is > 0 and <= 256 && !text.Any(char.IsControl);

    private static CliException WrongWhisper(string what) => new(ExitCode.Usage, "node.whisper (--whisper): " + what, WhisperForm);

    private static CliException WrongGguf(string what) => new(ExitCode.Usage, "node.gguf (--gguf): " + what, GgufForm);

    private static CliException WrongCommand(string name, string what) => new(ExitCode.Usage, $"node.commands, {name}: {what}", CommandForm);
}
