using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Resultity.Bench;

/// <summary>Puts targets under load, in turn, so that what else the machine does falls on all of them alike.</summary>
internal sealed partial class Runner(RunOptions options, Programs programs, TextWriter progress)
{
    /// <summary>The commands that were started, once each.</summary>
    public SortedSet<string> Commands { get; } = new(StringComparer.Ordinal);

    /// <summary>Lets the just-in-time compiler see the hot paths before anything is measured.</summary>
    public async Task WarmAsync(Setup setup)
    {
        if (options.Quick) return;
        foreach (var target in setup.Targets)
        {
            string[] bearer = target.Bearer is null ? [] : ["--bearer", target.Bearer];
            foreach (var stream in (string[][])[[], ["-s"]])
                await Child.RunAsync(programs.Load, ["-c", "64", "-d", "3", .. stream, .. bearer, $"{target.Url}/v1/chat/completions"], anyExit: true);
        }
    }

    /// <summary>Runs one scenario against its targets.</summary>
    public async Task<ScenarioResult> RunAsync(Scenario scenario, Setup? shared)
    {
        var names = options.Targets.Intersect(scenario.Targets).ToArray();
        var rounds = options.Quick ? 1 : scenario.Rounds > 0 ? scenario.Rounds : options.Rounds;
        var result = new ScenarioResult(scenario);
        for (var round = 0; round < rounds; round++)
        {
            var own = shared is null ? await Setup.StartAsync(programs, names, scenario.Slots) : null;
            var setup = shared ?? own!;
            try
            {
                await setup.ShapeAsync(scenario.Shape);
                foreach (var target in setup.Targets.Where(target => names.Contains(target.Name)))
                {
                    var figures = scenario.Load.Length == 0 ? await IdleAsync(target) : await LoadAsync(setup, scenario, target, result);
                    result.Add(target.Name, figures);
                    await progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                        $"{scenario.Name} round {round + 1} {target.Name}: {figures.GetValueOrDefault("per_second"):0}/s p50 {figures.GetValueOrDefault("latency_ms.p50"):0.00} p99 {figures.GetValueOrDefault("latency_ms.p99"):0.00} ms, bad {figures.GetValueOrDefault("bad"):0}, others' CPU {figures.GetValueOrDefault("other_cores"):0.0} cores"));
                }
            }
            finally
            {
                Commands.UnionWith(setup.Commands.Select(Anonymous));
                own?.Dispose();
            }
        }

        return result;
    }

    private async Task<Dictionary<string, double>> LoadAsync(Setup setup, Scenario scenario, Target target, ScenarioResult result)
    {
        setup.CheckAlive();
        var arguments = LoadArguments(scenario, target);
        var before = target.Processes.ToDictionary(process => process, process => (Cpu: process.CpuSeconds(), Memory: process.Megabytes()));
        var requestsBefore = await setup.UpstreamRequestsAsync();
        var busyBefore = ProcFiles.BusySeconds();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var peaks = target.Processes.ToDictionary(process => process, _ => 0.0);
        var load = Child.RunAsync(programs.Load, arguments, anyExit: true);
        while (!load.IsCompleted)
        {
            foreach (var process in target.Processes) peaks[process] = Math.Max(peaks[process], process.Megabytes());
            await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        }

        Commands.Add(Anonymous($"Resultity.Load {string.Join(' ', arguments)}"));
        using var report = JsonDocument.Parse(await load);
        var figures = new Dictionary<string, double>();
        Flatten(report.RootElement, "", figures);
        if (report.RootElement.TryGetProperty("first_wrong", out var wrong)) result.Wrong.Add($"{target.Name}: {wrong.GetString()}");
        setup.CheckAlive();
        var requests = await setup.UpstreamRequestsAsync() - requestsBefore;
        foreach (var process in target.Processes)
        {
            var cpu = process.CpuSeconds() - before[process].Cpu;
            figures[$"cpu_us.{process.Name}"] = requests > 0 ? cpu * 1e6 / requests : 0;
            figures[$"peak_mb.{process.Name}"] = peaks[process];
            figures[$"kb_per_connection.{process.Name}"] = (peaks[process] - before[process].Memory) * 1024 / figures["connections"];
        }

        // The generator and the upstream are in this figure, too; it shows whether the machine was shared with strangers.
        figures["other_cores"] = (ProcFiles.BusySeconds() - busyBefore - target.Processes.Sum(process => process.CpuSeconds() - before[process].Cpu)) / clock.Elapsed.TotalSeconds;
        return figures;
    }

    private static async Task<Dictionary<string, double>> IdleAsync(Target target)
    {
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        return target.Processes.ToDictionary(process => $"idle_mb.{process.Name}", process => process.Megabytes());
    }

    private List<string> LoadArguments(Scenario scenario, Target target)
    {
        var arguments = new List<string>(scenario.Load);
        if (options.Quick) arguments[1] = $"{scenario.QuickConnections}";
        if (options.Quick && arguments.IndexOf("--ramp") is > 0 and var ramp) arguments[ramp + 1] = "0.2";
        var seconds = options.Quick ? options.Seconds : Math.Max(scenario.Seconds, options.Seconds);
        var warmup = options.Quick ? 0.3 : scenario.Warmup;
        arguments.AddRange(["-d", seconds.ToString(CultureInfo.InvariantCulture), "-w", warmup.ToString(CultureInfo.InvariantCulture), "--json"]);
        if (target.Bearer is not null) arguments.AddRange(["--bearer", target.Bearer]);
        arguments.Add($"{target.Url}/v1/chat/completions");
        return arguments;
    }

    private static void Flatten(JsonElement item, string prefix, Dictionary<string, double> figures)
    {
        foreach (var property in item.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object) Flatten(property.Value, $"{prefix}{property.Name}.", figures);
            else if (property.Value.ValueKind == JsonValueKind.Number) figures[prefix + property.Name] = property.Value.GetDouble();
        }
    }

    /// <summary>Leaves out of a command what differs from run to run or is secret.</summary>
    public static string Anonymous(string command) => RunFolder().Replace(PortOrSecret().Replace(command, "$1…"), "$$RUN");

    [GeneratedRegex(@"(127\.0\.0\.1:|--port |--token |--bearer )[^\s/,]+")]
    private static partial Regex PortOrSecret();

    [GeneratedRegex(@"\S*/" + Setup.FolderPrefix + @"\w+")]
    private static partial Regex RunFolder();
}
