using System.Globalization;
using System.Runtime.InteropServices;
using Resultity.FakeUpstream;

var settings = new Settings();
var port = 0;
for (var i = 0; i < args.Length; i++)
{
    if (args[i] is "--help" or "-h")
    {
        Console.WriteLine("fake-upstream: a server that speaks OpenAI's protocol and answers with numbered tokens, for tests and load.");
        Console.WriteLine("  --port             where it listens on 127.0.0.1 (0: any free port; it prints which)");
        Console.WriteLine("  --exit-with-stdin  ends when its standard input does, so that it does not outlive a test that was killed");
        foreach (var line in Settings.Describe()) Console.WriteLine(line);
        Console.WriteLine("Times are 250us, 10ms, 2s or 1m. POST /_set?chunks=8&latency=10ms changes a setting; GET /_stats counts;");
        Console.WriteLine("GET /_wait?running=0 or ?aborted=1[&timeout=5000] answers with the counts when they have come about;");
        Console.WriteLine("GET /_last is the last request as it came.");
        return 0;
    }

    if (!args[i].StartsWith("--", StringComparison.Ordinal)) return Refuse($"'{args[i]}' is not an option");
    var (name, value) = args[i][2..].Split('=', 2) is [var key, var given] ? (key, given) : (args[i][2..], null);
    value ??= i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal) ? args[++i] : "";
    if (name == "port")
    {
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > 65535) return Refuse($"'{value}' is not a port");
    }
    else if (name == "exit-with-stdin")
    {
        new Thread(EndWithInput) { IsBackground = true }.Start();
    }
    else if (settings.Apply(name, value) is { } wrong)
    {
        return Refuse(wrong);
    }
}

using var sigterm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = settings.IgnoreSigterm);
using var upstream = new Upstream(settings, port);
Console.WriteLine($"listening on http://127.0.0.1:{upstream.Port}");
upstream.Run();
return 0;

static int Refuse(string why)
{
    Console.Error.WriteLine($"fake-upstream: {why}; --help lists the options");
    return 2;
}

static void EndWithInput()
{
    using var input = Console.OpenStandardInput();
    Span<byte> ignored = stackalloc byte[64];
    while (input.Read(ignored) > 0)
    {
    }

    Environment.Exit(0);
}
