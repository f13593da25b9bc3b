using System.CommandLine;
using Resultity.Cli;
using Resultity.Configuration;
using Resultity.Gateway.Telemetry;
using Resultity.Hosting;
using Resultity.Verbs.Nodes;

namespace Resultity.Verbs;

/// <summary><c>resultity node</c>: lends this machine to a gateway.</summary>
internal sealed class NodeVerb : Verb
{
    private readonly HostOptions _options;

    public NodeVerb(Terminal terminal)
        : base(terminal, "node", "Run a node: dial a gateway and compute for it. Needs no open port.")
    {
        _options = new HostOptions(
            this,
            ("--join", "node.join", "url"),
            ("--token", "node.token", "rj_…"),
            ("--name", "node.name", "text"),
            ("--region", "node.region", "text"),
            ("--subcloud", "node.subclouds", "name"),
            ("--models", "node.models", "folder"),
            ("--openai", "node.openai", "url"),
            ("--gguf", "node.gguf", "file"),
            ("--llama-server", "node.llama_server", "program"),
            ("--whisper", "node.whisper", "file"),
            ("--whisper-server", "node.whisper_server", "program"),
            ("--memory-mb", "node.memory_mb", "MB"),
            ("--builtin", "node.builtin_models", "auto|always|never"),
            ("--shard-memory-mb", "node.shard_memory_mb", "MB|auto|none"),
            ("--shard-model", "node.shard_models", "file"),
            ("--shard-threads", "node.shard_threads", "count"),
            ("--links", "node.links", "count"),
            ("--transport", "node.transport", "how"),
            ("--data", "data", "folder"),
            ("--drain-timeout", "drain_timeout", "duration"),
            ("--log", "log.format", "text|json"),
            ("--log-level", "log.level", "level"));
        Examples =
        [
            ("resultity node doctor", "what this machine can run, and how to get what is missing"),
            ("resultity node --join https://ai.example.org --token rj_…", "serve the built-in and pulled models; the token is needed once"),
            ("resultity node --join https://ai.example.org --openai http://127.0.0.1:11434/v1", "serve what a running Ollama has"),
            ("resultity node --join https://ai.example.org --openai https://api.example.com/v1,key-env=EXAMPLE_KEY,models=big;small,slots=4", "an upstream with a key, two models and four requests at a time"),
        ];
        Add(new NodeDoctorVerb(terminal));
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var settings = _options.Read(parsed);
        var gateway = HostSettings.Url(settings, "node.join")
            ?? throw new CliException(ExitCode.Usage, "--join is missing: which gateway?", "`resultity gateway` prints the command to paste here.");
        var folder = Path.Combine(HostSettings.DataFolderOf(settings, Terminal), "node");
        var runtimes = RuntimeChoice.Of(settings, HostSettings.DataFolderOf(settings, Terminal), Terminal, ShardChoice.Of(settings, HostSettings.DataFolderOf(settings, Terminal), Terminal));
        var logging = new HostLogging(settings);
        await using var node = NodeHost.Create(settings, gateway, settings.Text("node.token"), folder, logging.Configure, services =>
        {
            runtimes.Add(services);
            if (Terminal.Variable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }) services.AddTelemetry("resultity-node", otlp: true);
        });
        await node.StartAsync(cancellation);
        logging.Started();
        Terminal.Out.WriteLine($"{Terminal.Styled("This node", "1;32")} dials {gateway} and serves {runtimes.Description}.");
        Terminal.Out.WriteLine("Ctrl-C stops it.");
        await Terminal.Out.FlushAsync(CancellationToken.None);
        await UntilStopped.WaitAsync(cancellation);
        Terminal.Note("Finishing what runs; Ctrl-C again stops at once.");
        await node.StopAsync(CancellationToken.None);
        return ExitCode.Ok;
    }
}
