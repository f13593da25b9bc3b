using System.Text.Json.Nodes;
using Resultity.Cli;

namespace Resultity.Bench;

/// <summary>What a run came to. Times are in milliseconds.</summary>
internal sealed class LoadReport
{
    private readonly double _seconds;
    private readonly int _concurrency;
    private readonly long _tokens;
    private readonly IReadOnlyList<(string Name, string Meaning, double[] Sorted)> _measures;
    private readonly IReadOnlyList<(string Reason, int Count)> _failures;

    public LoadReport(IReadOnlyList<LoadSample> samples, double seconds, int concurrency)
    {
        _seconds = seconds;
        _concurrency = concurrency;
        var good = samples.Where(sample => sample.Failure is null).ToList();
        Completed = good.Count;
        Failed = samples.Count - good.Count;
        _tokens = good.Sum(sample => sample.Tokens);
        _failures = [.. samples.Where(sample => sample.Failure is not null).GroupBy(sample => sample.Failure!).Select(group => (group.Key, group.Count())).OrderByDescending(group => group.Item2)];
        _measures =
        [
            ("ttft_ms", "time to first token", Sorted(good.Where(sample => sample.FirstToken > 0).Select(sample => sample.FirstToken))),
            // Tokens that are ready together arrive together, so gaps between arrivals say little: each answer's mean gap does.
            ("itl_ms", "inter-token latency", Sorted(good.Where(sample => sample.Tokens > 1).Select(sample => (sample.LastToken - sample.FirstToken) / (sample.Tokens - 1)))),
            ("latency_ms", "whole answer", Sorted(good.Select(sample => sample.Total))),
        ];
    }

    public int Completed { get; }

    public int Failed { get; }

    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["completed"] = Completed,
            ["failed"] = Failed,
            ["concurrency"] = _concurrency,
            ["seconds"] = Math.Round(_seconds, 3),
            ["requests_per_second"] = Math.Round(Completed / _seconds, 2),
            ["output_tokens_per_second"] = Math.Round(_tokens / _seconds, 1),
        };
        foreach (var (name, _, sorted) in _measures)
        {
            if (sorted.Length > 0) json[name] = new JsonObject { ["p50"] = At(sorted, 0.5), ["p90"] = At(sorted, 0.9), ["p99"] = At(sorted, 0.99) };
        }

        return json;
    }

    public void Write(Terminal terminal)
    {
        terminal.Out.WriteLine($"requests    {Completed} completed, {Failed} failed in {_seconds:0.00} s");
        terminal.Out.WriteLine($"requests/s  {Completed / _seconds:0.00}");
        terminal.Out.WriteLine($"tokens/s    {_tokens / _seconds:0.0}");
        terminal.Out.WriteLine();
        Table.Write(terminal, ["MILLISECONDS", "P50", "P90", "P99"], [.. _measures.Where(measure => measure.Sorted.Length > 0).Select(measure =>
            new[] { measure.Meaning, $"{At(measure.Sorted, 0.5):0.0}", $"{At(measure.Sorted, 0.9):0.0}", $"{At(measure.Sorted, 0.99):0.0}" })]);
        foreach (var (reason, count) in _failures.Take(5)) terminal.Fail($"{count} × {Table.Safe(reason)}", null);
    }

    private static double[] Sorted(IEnumerable<double> seconds) => [.. seconds.Select(value => value * 1000).Order()];

    /// <summary>The nearest-rank percentile.</summary>
    private static double At(double[] sorted, double quantile) =>
        Math.Round(sorted[Math.Clamp((int)Math.Ceiling(sorted.Length * quantile) - 1, 0, sorted.Length - 1)], 2);
}
