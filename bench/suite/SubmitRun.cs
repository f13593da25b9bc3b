using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Resultity.TestKit.Processes;

namespace Resultity.Bench;

/// <summary>Durable submits (<c>Prefer: respond-async</c>): how many requests a second are on disk and acknowledged, on both databases.</summary>
internal sealed class SubmitRun(RunOptions options, Programs programs, TextWriter progress)
{
    private const int Connections = 64;
    private const int BodyBytes = 1024;
    private const double Warmup = 3;

    private readonly List<(string What, Figures Figures)> _figures = [];
    private readonly List<string> _commands = [];

    /// <summary>Measures, and writes the table.</summary>
    public async Task<string> RunAsync(string commit)
    {
        var flushes = FlushesPerSecond();
        for (var round = 0; round < options.Rounds; round++)
        {
            // So many minutes that next to nothing but submitting runs.
            await MeasureAsync("SQLite, `synchronous=FULL`", null, "latency=10m", 1);
            await MeasureAsync("SQLite, 16 of them served at a time, 50 ms each", null, "latency=50ms", 16);
            if (PostgresServer.Programs is null) continue;
            await using var server = await PostgresServer.StartAsync("fsync=on", "full_page_writes=on", "synchronous_commit=on");
            await MeasureAsync("PostgreSQL, `fsync=on`", await server.CreateDatabaseAsync(), "latency=10m", 1);
            await MeasureAsync("PostgreSQL, 16 of them served at a time, 50 ms each", await server.CreateDatabaseAsync(), "latency=50ms", 16);
        }

        return Table(commit, flushes);
    }

    private async Task MeasureAsync(string what, string? database, string upstream, int slots)
    {
        using var setup = await Setup.StartAsync(programs, ["resultity"], slots, database);
        await setup.ShapeAsync($"chunks=1&chunk-delay=0&{upstream}");
        var target = setup.Targets[0];
        var before = target.Processes[0].CpuSeconds();
        List<string> arguments =
        [
            "-c", Text($"{Connections}"), "-w", Text($"{Warmup}"), "-d", Text($"{options.Seconds}"), "--status", "202", "--header", "Prefer: respond-async",
            "--body", Body(), "--json", "--bearer", target.Bearer!, $"{target.Url}/v1/chat/completions",
        ];
        using var report = JsonDocument.Parse(await Child.RunAsync(programs.Load, arguments, anyExit: true));
        setup.CheckAlive();
        var root = report.RootElement;
        var latency = root.GetProperty("latency_ms");
        if (root.GetProperty("bad").GetDouble() > 0) throw new InvalidOperationException($"the load met errors: {root.GetRawText()}");
        var figures = new Figures(
            root.GetProperty("per_second").GetDouble(), latency.GetProperty("p50").GetDouble(), latency.GetProperty("p99").GetDouble(),
            (target.Processes[0].CpuSeconds() - before) / (options.Seconds + Warmup), target.Processes[0].Megabytes());
        _figures.Add((what, figures));
        if (_commands.Count == 0) _commands.AddRange([.. setup.Commands.Select(Runner.Anonymous), $"load -c {Connections} -w {Warmup} -d {options.Seconds} --status 202 --header \"Prefer: respond-async\" --body … --bearer … http://127.0.0.1:…/v1/chat/completions"]);
        await progress.WriteLineAsync(Text($"{what}: {figures.PerSecond:0}/s, p50 {figures.P50:0.0} ms, p99 {figures.P99:0.0} ms, gateway {figures.Cores:0.00} cores, {figures.Megabytes:0} MB"));
    }

    private static string Body()
    {
        const string Head = """{"model":"stub-model","messages":[{"role":"user","content":" """;
        const string Tail = """ "}]}""";
        return Head + new string('x', BodyBytes - Head.Length - Tail.Length) + Tail;
    }

    /// <summary>How often a second this disk can be made to keep four kilobytes, one after the other: what group commit is for.</summary>
    private static double FlushesPerSecond()
    {
        var name = Path.GetTempFileName();
        try
        {
            using var file = new FileStream(name, FileMode.Create, FileAccess.Write, FileShare.None, 0);
            var block = new byte[4096];
            var clock = Stopwatch.StartNew();
            var count = 0;
            for (; clock.ElapsedMilliseconds < 1000; count++)
            {
                file.Write(block);
                file.Flush(flushToDisk: true);
            }

            return count / clock.Elapsed.TotalSeconds;
        }
        finally
        {
            File.Delete(name);
        }
    }

    private string Table(string commit, double flushes)
    {
        var text = new StringBuilder();
        text.AppendLine(Text($"# Durable submit (`Prefer: respond-async`), {commit}"));
        text.AppendLine();
        text.AppendLine(Text($"{ProcFiles.Machine()}; generator, upstream, node, gateway and PostgreSQL on the same machine; its disk flushes {flushes:0} times a second, one after the other. `bench/submit`."));
        text.AppendLine(Text($"{Connections} connections, bodies of {BodyBytes} bytes, {options.Seconds:0} s measured after {Warmup:0} s; medians of {options.Rounds} rounds. Where nothing else is said, the node's one slot is taken for ten minutes, so that next to nothing but submitting runs."));
        text.AppendLine();
        text.AppendLine("| storage | accepted/s | p50 ms | p99 ms | gateway, cores | gateway, MB | goal: 2,000/s, p99 50 ms |");
        text.AppendLine("|---|---|---|---|---|---|---|");
        foreach (var rows in _figures.GroupBy(static row => row.What))
        {
            double Median(Func<Figures, double> of) => rows.Select(row => of(row.Figures)).Order().ElementAt(rows.Count() / 2);
            var (perSecond, p99) = (Median(static f => f.PerSecond), Median(static f => f.P99));
            text.AppendLine(Text($"| {rows.Key} | {perSecond:0} | {Median(static f => f.P50):0.0} | {p99:0.0} | {Median(static f => f.Cores):0.00} | {Median(static f => f.Megabytes):0} | {(perSecond >= 2000 && p99 <= 50 ? "met" : "missed")} |"));
        }

        text.AppendLine();
        text.AppendLine("```");
        _commands.ForEach(command => text.AppendLine(command));
        text.AppendLine("```");
        return text.ToString();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Figures(double PerSecond, double P50, double P99, double Cores, double Megabytes);
}
