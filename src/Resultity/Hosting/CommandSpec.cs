using System.Globalization;
using System.Text;
using Resultity.Cli;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Runtimes.Supervised;
using static Resultity.Hosting.EngineSpec;

namespace Resultity.Hosting;

/// <summary>Server commands that speak OpenAI's protocol, as their operator wrote them.</summary>
internal static class CommandSpec
{
    private const string Form = "Write [slots=N,memory-mb=N,context=TOKENS,endpoints=a;b,ready=/path,continues=true,load=TIME,first-token=TIME] program arguments, with {port} where the port to listen on belongs and {model} for the model's name.";

    /// <summary>A command that serves one model: <c>[slots=…] program arguments</c>.</summary>
    /// <exception cref="CliException">It is written otherwise.</exception>
    public static SupervisedModel Parse(string name, string text)
    {
        var model = new SupervisedModel
        {
            Name = name,
            Program = "",
            Kind = "command",
            Arguments = static _ => [],
            Endpoints = [InferenceEndpoint.ChatCompletions.Path, InferenceEndpoint.Completions.Path, InferenceEndpoint.Embeddings.Path],
            PassedVariables = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "HF_HOME", "HF_HUB_OFFLINE", "VIRTUAL_ENV"],
        };
        var line = text.Trim();
        if (line.StartsWith('['))
        {
            var end = line.IndexOf(']', StringComparison.Ordinal);
            if (end < 0) throw Wrong(name, "its options have no closing bracket.");
            foreach (var part in line[1..end].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) model = With(model, part);
            line = line[(end + 1)..];
        }

        var words = Words(line);
        if (words.Count == 0) throw Wrong(name, "there is no program.");
        if (!words.Skip(1).Any(static word => word.Contains("{port}", StringComparison.Ordinal))) throw Wrong(name, "no argument says {port}.");
        return model with
        {
            Program = words[0],
            Arguments = port => [.. words.Skip(1).Select(word => word.Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("{model}", name, StringComparison.Ordinal))],
        };
    }

    private static SupervisedModel With(SupervisedModel model, string part)
    {
        var (option, value) = Pair(part);
        return option switch
        {
            "slots" when Number(value, 1, 10_000) is { } count => model with { Slots = count },
            "memory-mb" when Number(value, 0, 1 << 24) is { } megabytes => model with { MemoryBytes = (long)megabytes << 20 },
            "context" when Number(value, 64, 1 << 24) is { } context => model with { ContextLength = context },
            "endpoints" when value.Length > 0 => model with { Endpoints = EndpointList.Parse(value, what => Wrong(model.Name, what)) },
            "ready" when value.StartsWith('/') && !value.Any(char.IsWhiteSpace) => model with { Probe = ReadyProbe.Get(value[1..]) },
            "continues" when bool.TryParse(value, out var continues) => model with { ContinuesPrefix = continues },
            "load" when Time(value) is { } load => model with { LoadTimeout = load },
            "first-token" when Time(value) is { } first => model with { FirstTokenTimeout = first },
            _ => throw Wrong(model.Name, $"'{part}' is not understood."),
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

    private static CliException Wrong(string name, string what) => new(ExitCode.Usage, $"node.commands, {name}: {what}", Form);
}
