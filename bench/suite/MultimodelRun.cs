using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Resultity.Bench;

/// <summary>Several models for one request beside the same models asked by themselves: a race, a hedge with a member that stalls, and all of eight.</summary>
internal sealed class MultimodelRun(RunOptions options, Programs programs, TextWriter progress)
{
    private const int Slots = 1024;
    private const int HedgeMilliseconds = 200;
    private const int AllClients = 32;
    private const string Question = "\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Say hello to the world, please.\"}]";
    private const string Eight = "m0,m1,m2,m3,m4,m5,m6,m7";
    private readonly List<(string What, string Goal, string Figure, bool? Met)> _figures = [];
    private readonly SortedSet<string> _loads = new(StringComparer.Ordinal);
    private Setup _setup = null!;

    private Target Target => _setup.Targets[0];

    /// <summary>Measures, and writes the table.</summary>
    public async Task<string> RunAsync(string commit)
    {
        using var setup = await Setup.StartSeveralAsync(programs, [$"fast,{Eight}", "slow", "slower"], Slots);
        _setup = setup;
        await RaceAsync();
        await HedgeAsync();
        await AllAsync();
        setup.CheckAlive();
        return Table(commit);
    }

    /// <summary>Three members that begin after 50, 150 and 250 ms; the fastest alone and the race take turns.</summary>
    private async Task RaceAsync()
    {
        await ShapeAsync("latency=50ms&chunks=10&chunk-delay=10ms", "latency=150ms&chunks=10&chunk-delay=10ms", "latency=250ms&chunks=10&chunk-delay=10ms");
        var race = Several("first", "\"fast\",\"slow\",\"slower\"", "");
        var (alone, raced) = await CompareAsync(["-c", "4", "--model", "fast"], ["-c", "4", "--body", race]);

        var (first, own) = (Median(raced, static one => one.FirstP50), Median(alone, static one => one.FirstP50));
        Add("first of 3 members (50, 150, 250 ms), 4 clients: time to first token, p50", "≤ 1.05 of the fastest alone", Text($"{first:0.00} ms to {own:0.00} ms = {first / own:0.000}"), first / own <= 1.05);

        var stops = await LosersAsync(race, options.Quick ? 5 : 100);
        Add(Text($"from the winner's first event until no loser runs at its server, {stops.Count} races"), "≤ 1 s", Text($"p50 {stops[stops.Count / 2]:0.0} ms, most {stops[^1]:0.0} ms"), stops[^1] <= 1000);
    }

    /// <summary>How long losers run on, seen at the servers behind their nodes.</summary>
    private async Task<List<double>> LosersAsync(string body, int races)
    {
        using var client = new HttpClient { BaseAddress = new Uri(Target.Url) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Target.Bearer);
        var stops = new List<double>();
        for (var i = 0; i < races; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            while (await reader.ReadLineAsync() is { } line && !line.StartsWith("data:", StringComparison.Ordinal))
            {
                // Comments come first.
            }

            var since = Stopwatch.GetTimestamp();
            await Task.WhenAll(_setup.Upstreams.Skip(1).Select(async upstream => (await client.GetAsync(new Uri($"{upstream}/_wait?running=0&timeout=20000"))).EnsureSuccessStatusCode()));
            stops.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            await reader.ReadToEndAsync();
        }

        stops.Sort();
        return stops;
    }

    /// <summary>The first member never begins; the second one does after 50 ms.</summary>
    private async Task HedgeAsync()
    {
        await ShapeAsync("latency=50ms&chunks=10&chunk-delay=10ms", "latency=5m", "latency=0");
        var hedge = Several("hedge", "\"slow\",\"fast\"", Text($",\"hedge_ms\":{HedgeMilliseconds}"));
        var (healthy, hedged) = await CompareAsync(["-c", "8", "--model", "fast"], ["-c", "8", "--body", hedge]);

        var (own, first, most) = (Median(healthy, static one => one.P99), Median(hedged, static one => one.P99), 0.0);
        most = HedgeMilliseconds + (1.1 * own);
        Add(Text($"hedge after {HedgeMilliseconds} ms, the first member stalled, 8 clients: whole stream, p99"), Text($"≤ {HedgeMilliseconds} ms + 1.1 × the healthy member's p99 = {most:0.0} ms"), Text($"{first:0.0} ms (the healthy one alone: {own:0.0} ms)"), first <= most);
    }

    /// <summary>Streams without a pause: what is measured is the work on them.</summary>
    private async Task AllAsync()
    {
        await ShapeAsync("latency=0&chunks=64&chunk-delay=0", "latency=0", "latency=0");
        var all = Several("all", string.Join(',', Eight.Split(',').Select(static model => $"\"{model}\"")), "");
        var members = Eight.Split(',').Length;
        var (apart, together) = await CompareAsync(["-c", Text($"{AllClients * members}"), "--model", Eight], ["-c", Text($"{AllClients}"), "--body", all]);

        var (calls, streams) = (Median(together, static one => one.PerSecond) * members, Median(apart, static one => one.PerSecond));
        Add(Text($"all of {members} members, streams of 64 events, {AllClients} clients: members' streams/s"), "≥ 0.8 of the members asked one by one", Text($"{calls:0} to {streams:0} = {calls / streams:0.00}"), calls / streams >= 0.8);
    }

    /// <summary>Two loads that take turns. The first turn of each is for the just-in-time compiler.</summary>
    private async Task<(List<Figures> One, List<Figures> Other)> CompareAsync(string[] one, string[] other)
    {
        var (ones, others) = (new List<Figures>(), new List<Figures>());
        for (var round = options.Quick ? 0 : -1; round < options.Rounds; round++)
        {
            var (first, second) = (await LoadAsync(one), await LoadAsync(other));
            if (round < 0) continue;
            ones.Add(first);
            others.Add(second);
        }

        return (ones, others);
    }

    private async Task ShapeAsync(params string[] settings)
    {
        for (var i = 0; i < settings.Length; i++) await _setup.ShapeAsync(settings[i], _setup.Upstreams[i]);
    }

    private async Task<Figures> LoadAsync(string[] load)
    {
        List<string> arguments = [.. load, "-s", "-d", Text($"{options.Seconds}"), "-w", "0.5", "--json", "--bearer", Target.Bearer!, $"{Target.Url}/v1/chat/completions"];
        _loads.Add(Runner.Anonymous($"Resultity.Load {string.Join(' ', arguments)}"));
        using var report = JsonDocument.Parse(await Child.RunAsync(programs.Load, arguments, anyExit: true));
        var root = report.RootElement;
        if (root.GetProperty("bad").GetDouble() > 0 || root.GetProperty("good").GetDouble() == 0) throw new InvalidOperationException($"the load met errors: {root.GetRawText()}");
        var figures = new Figures(root.GetProperty("per_second").GetDouble(), root.GetProperty("first_chunk_ms").GetProperty("p50").GetDouble(), root.GetProperty("latency_ms").GetProperty("p99").GetDouble());
        await progress.WriteLineAsync(Text($"{string.Join(' ', load.Take(4))}: {figures.PerSecond:0}/s, first {figures.FirstP50:0.00} ms, p99 {figures.P99:0.00} ms"));
        return figures;
    }

    private static double Median(List<Figures> rounds, Func<Figures, double> figure) => rounds.Select(figure).Order().ElementAt(rounds.Count / 2);

    private static string Several(string mode, string models, string more) => $$"""{"multimodel":{"mode":"{{mode}}","models":[{{models}}]{{more}}},{{Question}}}""";

    private void Add(string what, string goal, string figure, bool? met) => _figures.Add((what, goal, figure, met));

    private string Table(string commit)
    {
        var text = new StringBuilder(Text($"# Several models for one request, {commit}\n\n{ProcFiles.Machine()}; generator, upstreams, a node for each of three upstreams, and gateway on the same machine. `bench/run --multimodel`. Medians of {options.Rounds} rounds of {options.Seconds} s, in turns.\n\n"));
        text.Append("| what | goal | measured | |\n|---|---|---|---|\n");
        foreach (var (what, goal, figure, met) in _figures) text.Append(CultureInfo.InvariantCulture, $"| {what} | {goal} | {figure} | {(met is null ? "" : met.Value ? "met" : "**missed**")} |\n");
        text.Append("\n```\n").AppendJoin('\n', _setup.Commands.Select(Runner.Anonymous).Concat(_loads)).Append("\n```\n");
        return text.ToString();
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private sealed record Figures(double PerSecond, double FirstP50, double P99);
}
