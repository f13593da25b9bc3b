using System.CommandLine;
using System.Globalization;
using Resultity.Cli;
using Resultity.Configuration;
using Resultity.Contracts.Fleet;
using Resultity.Gateway.Hosting;
using Resultity.Hosting;

namespace Resultity.Verbs;

/// <summary><c>resultity up</c>: a gateway and a node in one process. The node reaches the gateway over a link on the loopback, as any other would.</summary>
internal sealed class UpVerb : Verb
{
    private static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OfferPatience = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly HostOptions _options;

    public UpVerb(Terminal terminal)
        : base(terminal, "up", "Run everything on this machine: a gateway, a node and the built-in models.")
    {
        _options = new HostOptions(
            this,
            ("--port", "gateway.port", "port"),
            ("--host", "gateway.host", "address"),
            ("--data", "data", "folder"),
            ("--database", "gateway.database", "url"),
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
            ("--drain-timeout", "drain_timeout", "duration"),
            ("--log", "log.format", "text|json"),
            ("--log-level", "log.level", "level"));
        Examples =
        [
            ("resultity up", "ready in seconds; prints a base URL, a key and a curl to paste"),
            ("resultity up --port 9000 --models ~/models", "another port, your own models"),
            ("resultity up --openai http://127.0.0.1:11434/v1", "in front of a running Ollama"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var started = Terminal.Time.GetTimestamp();
        var settings = _options.Read(parsed);
        var folder = HostSettings.DataFolderOf(settings, Terminal);
        var runtimes = RuntimeChoice.Of(settings, folder, Terminal, ShardChoice.Of(settings, folder, Terminal));
        var logging = new HostLogging(settings);
        await using var gateway = await GatewayRun.StartAsync(Terminal, settings, logging.Configure, cancellation);
        var (token, secret) = await gateway.Host.MakeJoinTokenAsync("of the node in this process", 1, TokenLife, cancellation);
        await using var node = NodeHost.Create(settings, gateway.Host.Address, secret, Path.Combine(folder, "node"), logging.Configure, runtimes.Add);
        await node.StartAsync(cancellation);
        logging.Started();
        var models = await ModelsAsync(gateway.Host, cancellation);
        await gateway.Host.RemoveJoinTokenAsync(token, cancellation);

        Tell(gateway, models, Terminal.Time.GetElapsedTime(started));
        await UntilStopped.WaitAsync(cancellation, gateway.Host.Stopping);
        await gateway.DrainAsync();
        await node.StopAsync(CancellationToken.None);
        await gateway.Host.StopAsync();
        return gateway.EndOf(cancellation);
    }

    /// <summary>Waits until the node is linked and each of its models is loaded, can be loaded on demand, or has failed.</summary>
    private async Task<IReadOnlyList<ModelOffer>> ModelsAsync(GatewayHost gateway, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(LookEvery, Terminal.Time);
        var since = Terminal.Time.GetTimestamp();
        while (true)
        {
            var offers = gateway.Nodes.SelectMany(node => node.Offers).ToList();
            var settled = offers.Count > 0 && offers.All(offer => offer.State != ModelState.Loading);
            if (settled || Terminal.Time.GetElapsedTime(since) > (offers.Count > 0 ? LoadPatience : OfferPatience)) return offers;
            await timer.WaitForNextTickAsync(cancellation);
        }
    }

    private void Tell(GatewayRun gateway, IReadOnlyList<ModelOffer> models, TimeSpan took)
    {
        var url = gateway.PublicUrl.ToString().TrimEnd('/') + "/v1";
        var output = Terminal.Out;
        var seconds = took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        output.WriteLine($"{Terminal.Styled("Resultity is ready", "1;32")} at {Terminal.Styled(url, "1")} after {seconds} s");
        output.WriteLine();
        output.WriteLine($"  API key    {gateway.Shown(gateway.Host.ApiKey, "RESULTITY_API_KEY")}");
        output.WriteLine($"  Admin key  {gateway.Shown(gateway.Host.AdminKey, "RESULTITY_ADMIN_KEY")}");
        output.WriteLine($"  Models     {(models.Count == 0 ? "none yet" : string.Join(", ", models.Select(Describe)))}");
        output.WriteLine($"  Data       {gateway.DataFolder}");
        output.WriteLine();
        var chat = models.FirstOrDefault(model => model.State != ModelState.Failed && model.Endpoints.Contains("/v1/chat/completions") && !model.Endpoints.Contains("/v1/images/description"));
        if (chat is not null)
        {
            var key = gateway.Host.ApiKey.IsNew ? gateway.Host.ApiKey.Secret : "$RESULTITY_API_KEY";
            output.WriteLine($"  curl {url}/chat/completions \\");
            output.WriteLine($"    -H \"Authorization: Bearer {key}\" -H \"Content-Type: application/json\" \\");
            output.WriteLine($$"""    -d '{"model": "{{chat.Model}}", "messages": [{"role": "user", "content": "Hello! Who are you?"}]}'""");
            output.WriteLine();
            output.WriteLine("  resultity chat");
            output.WriteLine();
        }

        output.WriteLine("Ctrl-C stops it.");
        output.Flush();
    }

    private static string Describe(ModelOffer model) => Table.Safe(model.Model) + (model.State == ModelState.Failed ? " (failed to load)" : "");
}
