using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Cli;
using Resultity.Client;
using Resultity.Configuration;
using Resultity.Hosting;
using Resultity.Node.Doctor;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Verbs.Nodes;

/// <summary><c>resultity node doctor</c>: what this machine has for running models, and what it lacks.</summary>
internal sealed class NodeDoctorVerb : Verb
{
    private readonly HostOptions _options;
    private readonly Option<bool> _json = new("--json") { Description = "Print the report as JSON" };

    public NodeDoctorVerb(Terminal terminal)
        : base(terminal, "doctor", "Say which engines, memory and models this machine has, and how to get what is missing. Exits with 1 if the node could not serve what it is configured to.")
    {
        _options = new HostOptions(
            this,
            ("--models", "node.models", "folder"),
            ("--gguf", "node.gguf", "file"),
            ("--llama-server", "node.llama_server", "program"),
            ("--whisper", "node.whisper", "file"),
            ("--whisper-server", "node.whisper_server", "program"),
            ("--memory-mb", "node.memory_mb", "MB"),
            ("--builtin", "node.builtin_models", "auto|always|never"),
            ("--shard-memory-mb", "node.shard_memory_mb", "MB|auto|none"),
            ("--shard-model", "node.shard_models", "file"),
            ("--data", "data", "folder"));
        Add(_json);
        Examples =
        [
            ("resultity node doctor", "this machine, with the built-in and pulled models"),
            ("resultity node doctor --gguf big.gguf", "whether that could be served here"),
            ("resultity node doctor --config node.json --json | jq .problems", "for scripts"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var settings = _options.Read(parsed);
        var scratch = Directory.CreateTempSubdirectory("resultity-doctor-");
        try
        {
            await using var children = new ChildHost(scratch.FullName, Terminal.Time, Random.Shared, NullLogger<ChildHost>.Instance);
            var report = await new NodeDoctor(children).ExamineAsync(Task(settings), cancellation);
            if (parsed.GetValue(_json)) Terminal.WriteJson(JsonSerializer.SerializeToNode(report, DoctorJson.Default.DoctorReport)!);
            else Show(report);
            return report.Ok ? ExitCode.Ok : ExitCode.Failure;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private DoctorTask Task(SettingValues settings)
    {
        var data = HostSettings.DataFolderOf(settings, Terminal);
        var shards = ShardChoice.Of(settings, data, Terminal);
        var choice = RuntimeChoice.Read(settings, data, Terminal, shards);
        var needed = new HashSet<string>(StringComparer.Ordinal);
        if (choice.Engines.Models.Any(static model => model.Kind == "llama.cpp") || shards is { Models.Count: > 0 }) needed.Add("llama-server");
        if (choice.Engines.Models.Any(static model => model.Kind == "whisper.cpp")) needed.Add("whisper-server");
        if (shards is { IsMember: true }) needed.Add("ggml-rpc-server");
        return new DoctorTask
        {
            Folders = choice.Folders,
            Supervised = choice.Engines,
            ModelsFolder = Path.Combine(data, RuntimeChoice.PulledFolder),
            NeededPrograms = needed,
            Programs = new Dictionary<string, string>
            {
                ["llama-server"] = EngineProgram.Find(settings.RequiredText("node.llama_server"), Terminal.Variable),
                ["ggml-rpc-server"] = EngineProgram.Find("ggml-rpc-server", Terminal.Variable),
                ["whisper-server"] = EngineProgram.Find(settings.RequiredText("node.whisper_server"), Terminal.Variable),
            },
        };
    }

    private void Show(DoctorReport report)
    {
        var system = report.System;
        Head("This machine");
        Line("system", $"{system.System}, {system.Architecture}, {system.Processors} processors");
        Line("memory", $"{Size(system.MemoryBytes)}, {Size(system.FreeMemoryBytes)} free; models of engines may take {Size(system.ModelMemoryBytes)}");
        if (system.Accelerators.Count == 0) Line("accelerator", "none seen");
        foreach (var accelerator in system.Accelerators) Line("accelerator", $"{accelerator.Name}, {Size(accelerator.MemoryBytes)}, {Size(accelerator.FreeBytes)} free");
        Line("disk", $"{Size(system.FreeDiskBytes)} free for {system.ModelsFolder}");
        Terminal.Out.WriteLine();
        Head("Engines");
        foreach (var engine in report.Engines) Show(engine);
        Terminal.Out.WriteLine();
        Head("Models");
        if (report.Models.Count == 0) Terminal.Out.WriteLine("  none; `resultity models pull` fetches one");
        foreach (var model in report.Models)
        {
            Line(Verdict(model.Problem is null, "problem"), Table.Safe($"{model.Name}  {model.Runtime}  {(model.MemoryBytes is { } bytes ? Size(bytes) + "  " : "")}{model.Path}").TrimEnd());
            if (model.Problem is not null) Line("", Table.Safe(model.Problem));
        }

        Terminal.Out.WriteLine();
        if (report.Ok) Terminal.Out.WriteLine("All that this node is to serve can be served.");
        foreach (var problem in report.Problems) Terminal.Out.WriteLine($"{Terminal.Styled("problem:", "1;31")} {Table.Safe(problem)}");
    }

    private void Show(EngineFinding engine)
    {
        Line(Verdict(engine.Works, engine.Path is not null ? "broken" : "missing"), $"{engine.Name} {engine.Version}".TrimEnd() + $": {engine.Serves}");
        Line("", Table.Safe(engine.Works ? engine.Path! : $"{engine.Problem}{(engine.Needed ? "; what this node is to serve needs it" : "")}"));
        if (engine.Advice is not null) Line("", "get it: " + engine.Advice);
    }

    private void Head(string text) => Terminal.Out.WriteLine(Terminal.Styled(text, "1"));

    private void Line(string label, string text) => Terminal.Out.WriteLine($"  {label,-12} {text}");

    private static string Verdict(bool good, string bad) => good ? "ok" : bad;

    private static string Size(long bytes) => bytes >= 1 << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.0} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MB");
}
