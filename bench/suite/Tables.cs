using System.Globalization;
using System.Text;

namespace Resultity.Bench;

/// <summary>Writes results as Markdown.</summary>
internal static class Tables
{
    /// <summary>Goals first, then a table for each scenario, then how to run it again.</summary>
    public static string Write(IReadOnlyList<ScenarioResult> results, RunOptions options, string commit, IEnumerable<string> commands)
    {
        var text = new StringBuilder();
        Line(text, $"# Load, {TimeProvider.System.GetUtcNow():yyyy-MM-dd}, commit {commit}");
        Line(text, $"");
        Line(text, $"{ProcFiles.Machine()}. Everything on loopback on this one machine: generator, upstream and what is measured share the cores, so that");
        Line(text, $"only ratios from one run compare. Targets took turns, each for {options.Seconds} s unless a scenario says otherwise; figures are medians. nginx: one worker, keep-alive");
        Line(text, $"to the upstream, no buffering. Resultity: gateway and node as two processes, authentication, admission, scheduling and usage on.");
        if (options.Quick) Line(text, $"\n**Quick mode: this shows that everything runs; the figures mean nothing.**");
        else WriteGoals(text, results);
        foreach (var result in results) WriteScenario(text, result);
        Line(text, $"");
        Line(text, $"## Commands");
        Line(text, $"");
        Line(text, $"```");
        foreach (var command in commands) Line(text, $"{command}");
        Line(text, $"```");
        return text.ToString();
    }

    private static void WriteGoals(StringBuilder text, IReadOnlyList<ScenarioResult> results)
    {
        if (!results.Any(result => result.Targets.Contains("resultity"))) return;
        Line(text, $"");
        Line(text, $"| scenario | goal | measured | |");
        Line(text, $"|---|---|---|---|");
        foreach (var result in results)
        {
            if (result.Of("resultity") is not { } own) continue;
            foreach (var goal in result.Scenario.Goals)
            {
                var value = goal.Value(own, result.Of("nginx"));
                var verdict = value is null ? "not measured" : (goal.AtLeast ? value >= goal.Limit : value <= goal.Limit) ? "met" : "**missed**";
                Line(text, $"| {result.Scenario.Name} | {goal.Text} | {Number(value)} | {verdict} |");
            }
        }
    }

    private static void WriteScenario(StringBuilder text, ScenarioResult result)
    {
        Line(text, $"");
        Line(text, $"## {result.Scenario.Name}");
        Line(text, $"");
        Line(text, $"{result.Scenario.Meaning}; {result.Rounds} {(result.Rounds == 1 ? "round" : "rounds")}{(result.Scenario.Seconds > 0 ? $" of {result.Scenario.Seconds} s" : "")}.");
        Line(text, $"");
        var medians = result.Targets.Select(target => (Name: target, Figures: result.Of(target)!)).ToList();
        var columns = Columns(result).Where(column => medians.Any(target => column.Value(target.Name, target.Figures) is not null)).ToList();
        Line(text, $"| target | {string.Join(" | ", columns.Select(column => column.Title))} |");
        Line(text, $"|---|{string.Concat(Enumerable.Repeat("---|", columns.Count))}");
        foreach (var (name, figures) in medians)
            Line(text, $"| {name} | {string.Join(" | ", columns.Select(column => column.Value(name, figures) ?? "–"))} |");
        foreach (var wrong in result.Wrong.Distinct().Take(3)) Line(text, $"\nWrong answer, {wrong}");
    }

    private static IEnumerable<(string Title, Func<string, Medians, string?> Value)> Columns(ScenarioResult result)
    {
        var streams = result.Scenario.Load.Contains("-s");
        yield return (streams ? "streams/s" : "requests/s", (_, m) => Figure(m["per_second"]));
        yield return ("of nginx", (name, _) => Figure(result.ShareOfNginx(name, "per_second")));
        yield return ("events/s", (_, m) => Figure(m["events_per_second"]));
        yield return ("of nginx", (name, _) => streams ? Figure(result.ShareOfNginx(name, "events_per_second")) : null);
        yield return ("p50 ms", (_, m) => Figure(m["latency_ms.p50"]));
        yield return ("p99 ms", (_, m) => Figure(m["latency_ms.p99"]));
        yield return ("p99.9 ms", (_, m) => Figure(m["latency_ms.p999"]));
        yield return ("first chunk p50 ms", (_, m) => Figure(m["first_chunk_ms.p50"]));
        yield return ("first chunk p99 ms", (_, m) => Figure(m["first_chunk_ms.p99"]));
        yield return ("gap p99 ms", (_, m) => Figure(m["gap_ms.p99"]));
        yield return ("refused", (_, m) => Figure(m["refused_ms.count"]));
        yield return ("refused p99 ms", (_, m) => Figure(m["refused_ms.p99"]));
        yield return ("CPU µs per request", (_, m) => ByProcess(m, "cpu_us."));
        yield return ("peak MB", (_, m) => ByProcess(m, "peak_mb."));
        yield return ("idle MB", (_, m) => ByProcess(m, "idle_mb."));
        if (result.Scenario.Fresh && streams) yield return ("KB per stream", (_, m) => ByProcess(m, "kb_per_connection."));
        yield return ("errors", (_, m) => Figure(m["bad"]));
    }

    private static string? ByProcess(Medians medians, string prefix)
    {
        var parts = medians.Named(prefix).Select(name => $"{name[prefix.Length..]} {Number(medians[name])}").ToList();
        return parts.Count == 0 ? null : string.Join(", ", parts);
    }

    private static string? Figure(double? value) => value is null ? null : Number(value);

    private static string Number(double? value) => value switch
    {
        null => "–",
        0 => "0",
        >= 100 or <= -100 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
