using System.CommandLine;
using Resultity.Cli;
using Resultity.Configuration;
using Resultity.Hosting;

namespace Resultity.Verbs;

/// <summary><c>resultity gateway</c>: the public edge alone; nodes join it from anywhere.</summary>
internal sealed class GatewayVerb : Verb
{
    private static readonly TimeSpan TokenLife = TimeSpan.FromDays(1);

    private readonly HostOptions _options;
    private readonly Option<bool> _noToken = new("--no-token") { Description = "Do not make a join token at start" };

    public GatewayVerb(Terminal terminal)
        : base(terminal, "gateway", "Run a gateway; nodes join it with `resultity node`.")
    {
        _options = new HostOptions(
            this,
            ("--port", "gateway.port", "port"),
            ("--host", "gateway.host", "address"),
            ("--public-url", "gateway.public_url", "url"),
            ("--data", "data", "folder"),
            ("--database", "gateway.database", "url"),
            ("--drain-timeout", "drain_timeout", "duration"),
            ("--log", "log.format", "text|json"),
            ("--log-level", "log.level", "level"));
        Add(_noToken);
        Examples =
        [
            ("resultity gateway --host '*' --public-url https://ai.example.org", "behind a proxy that has the certificate"),
            ("RESULTITY__GATEWAY__DATABASE=postgres://… resultity gateway --host '*'", "one of several gateways on a PostgreSQL database"),
            ("resultity gateway --config gateway.json --log json", "settings from a file, log lines for machines"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var settings = _options.Read(parsed);
        var logging = new HostLogging(settings);
        await using var gateway = await GatewayRun.StartAsync(Terminal, settings, logging.Configure, cancellation);
        logging.Started();
        var url = gateway.PublicUrl.ToString().TrimEnd('/');
        Terminal.Out.WriteLine($"{Terminal.Styled("Resultity's gateway is ready", "1;32")} at {url}/v1");
        Terminal.Out.WriteLine();
        Terminal.Out.WriteLine($"  Admin key  {gateway.Shown(gateway.Host.AdminKey, "RESULTITY_ADMIN_KEY")}");
        Terminal.Out.WriteLine($"  API key    {gateway.Shown(gateway.Host.ApiKey, "RESULTITY_API_KEY")}");
        Terminal.Out.WriteLine($"  Data       {gateway.DataFolder}");
        Terminal.Out.WriteLine();
        if (!parsed.GetValue(_noToken))
        {
            var (_, secret) = await gateway.Host.MakeJoinTokenAsync("made at start", null, TokenLife, cancellation);
            Terminal.Out.WriteLine("On each machine that is to compute (the token is good for a day):");
            Terminal.Out.WriteLine($"  resultity node --join {url} --token {secret}");
            Terminal.Out.WriteLine();
        }

        Terminal.Out.WriteLine("Ctrl-C stops it.");
        await Terminal.Out.FlushAsync(CancellationToken.None);
        await UntilStopped.WaitAsync(cancellation, gateway.Host.Stopping);
        await gateway.DrainAsync();
        await gateway.Host.StopAsync();
        return gateway.EndOf(cancellation);
    }
}
