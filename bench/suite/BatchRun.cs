using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Resultity.Bench;

/// <summary>Batches and files: how long 50,000 lines take beside the same requests one by one, what interactive requests notice of it, and how much memory it all takes.</summary>
internal sealed class BatchRun(RunOptions options, Programs programs, TextWriter progress) : IDisposable
{
    private const int Lines = 50_000;
    private const int Slots = 64;
    private const long FileBytes = 200_000_000;
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(10) };
    private readonly List<(string What, string Goal, string Figure, bool? Met)> _figures = [];
    private Target _target = null!;

    /// <summary>Measures, and writes the table.</summary>
    public async Task<string> RunAsync(string commit)
    {
        using var setup = await Setup.StartAsync(programs, ["resultity"], Slots);
        _target = setup.Targets[0];
        _http.BaseAddress = new Uri(_target.Url);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _target.Bearer);
        await setup.ShapeAsync("chunks=12&latency=0&chunk-delay=0");
        var lines = options.Quick ? Lines / 50 : Lines;

        await LoadAsync(64, null, 3);
        var synchronous = await LoadAsync(64, null, options.Seconds);
        var idle = await LoadAsync(16, 50, options.Seconds);
        Add("synchronous path, 64 connections", "", Text($"{synchronous.PerSecond:0} requests/s"), null);

        var alone = await BatchAsync(lines, null);
        Add("submit to validated", "≤ 10 s", Text($"{alone.Validated.TotalSeconds:0.0} s"), alone.Validated.TotalSeconds <= 10);
        Add(Text($"{lines:N0} chat lines, alone"), "≥ 0.5 of the synchronous path", Text($"{alone.PerSecond:0} lines/s = {alone.PerSecond / synchronous.PerSecond:0.00}"), alone.PerSecond >= synchronous.PerSecond / 2);
        Add("gateway's memory during it", "≤ 300 MB", Text($"{alone.PeakMegabytes:0} MB"), alone.PeakMegabytes <= 300);

        var beside = await BatchAsync(lines, () => LoadAsync(16, 50, options.Seconds));
        Add("interactive requests without a batch, 50/s", "", Text($"p50 {idle.P50:0.00} ms, p99 {idle.P99:0.00} ms"), null);
        Add("interactive requests beside a batch, 50/s", "p99 ≤ 2 × without", Text($"p50 {beside.Interactive!.P50:0.00} ms, p99 {beside.Interactive.P99:0.00} ms = {beside.Interactive.P99 / idle.P99:0.0} ×"), beside.Interactive.P99 <= 2 * idle.P99);
        Add("lines/s while they are asked for", "", Text($"{beside.PerSecondBeside:0} lines/s"), null);

        var before = _target.Processes[0].Megabytes();
        var (up, down, peak) = await FileAsync(options.Quick ? FileBytes / 50 : FileBytes);
        Add("200 MB up and down", "constant memory", Text($"{up.TotalSeconds:0.0} s up, {down.TotalSeconds:0.0} s down; memory {before:0} MB before, {peak:0} MB at most"), peak - before <= 64);
        setup.CheckAlive();
        return Table(commit, setup.Commands.Select(Runner.Anonymous));
    }

    public void Dispose() => _http.Dispose();

    private async Task<Figures> LoadAsync(int connections, int? rate, double seconds)
    {
        List<string> arguments = ["-c", Text($"{connections}"), .. rate is { } each ? ["-R", Text($"{each}")] : Array.Empty<string>(),
            "-d", Text($"{seconds}"), "-w", "0.5", "--json", "--bearer", _target.Bearer!, $"{_target.Url}/v1/chat/completions"];
        using var report = JsonDocument.Parse(await Child.RunAsync(programs.Load, arguments, anyExit: true));
        var root = report.RootElement;
        var latency = root.GetProperty("latency_ms");
        if (root.GetProperty("bad").GetDouble() > 0) throw new InvalidOperationException($"the load met errors: {root.GetRawText()}");
        return new Figures(root.GetProperty("per_second").GetDouble(), latency.GetProperty("p50").GetDouble(), latency.GetProperty("p99").GetDouble());
    }

    private async Task<BatchFigures> BatchAsync(int lines, Func<Task<Figures>>? beside)
    {
        var text = new StringBuilder();
        for (var i = 1; i <= lines; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $$$"""{"custom_id":"line-{{{i}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"stub-model","messages":[{"role":"user","content":"Question number {{{i}}}: what is the answer?"}]}}""").Append('\n');
        }

        var clock = Stopwatch.StartNew();
        var form = new MultipartFormDataContent { { new StringContent("batch"), "purpose" }, { new ByteArrayContent(Encoding.UTF8.GetBytes(text.ToString())), "file", "in.jsonl" } };
        var file = await PostAsync("/v1/files", form);
        var batch = await PostAsync("/v1/batches", new StringContent(
            $$"""{"input_file_id":"{{file.GetProperty("id").GetString()}}","endpoint":"/v1/chat/completions","completion_window":"24h"}""", Encoding.UTF8, "application/json"));
        var path = $"/v1/batches/{batch.GetProperty("id").GetString()}";
        var (validated, peak, load, loadedAt, doneBefore) = (TimeSpan.Zero, 0.0, (Task<Figures>?)null, TimeSpan.Zero, 0);
        var perSecondBeside = 0.0;
        while (true)
        {
            var now = JsonElement.Parse(await _http.GetStringAsync(path));
            var done = now.GetProperty("request_counts").GetProperty("completed").GetInt32();
            var status = now.GetProperty("status").GetString();
            validated = validated == TimeSpan.Zero && status != "validating" ? clock.Elapsed : validated;
            peak = Math.Max(peak, _target.Processes[0].Megabytes());
            if (load is null && beside is not null && done > 0) (load, loadedAt, doneBefore) = (beside(), clock.Elapsed, done);
            if (load is { IsCompleted: true } && perSecondBeside == 0) perSecondBeside = (done - doneBefore) / (clock.Elapsed - loadedAt).TotalSeconds;
            if (status is "completed" or "failed" or "expired")
            {
                if (status != "completed" || done != lines) throw new InvalidOperationException($"the batch is {now.GetRawText()}");
                if (load is { IsCompleted: false }) throw new InvalidOperationException("the batch ended before the load beside it; give more lines or fewer seconds");
                var total = clock.Elapsed;
                await progress.WriteLineAsync(Text($"{lines} lines: validated after {validated.TotalSeconds:0.00} s, done after {total.TotalSeconds:0.00} s, {peak:0} MB"));
                return new BatchFigures(validated, lines / (total - validated).TotalSeconds, peak, load is null ? null : await load, perSecondBeside);
            }

            await Task.Delay(s_lookEvery, TimeProvider.System);
        }
    }

    private async Task<(TimeSpan Up, TimeSpan Down, double PeakMegabytes)> FileAsync(long bytes)
    {
        var name = Path.GetTempFileName();
        try
        {
            await using (var made = File.Create(name))
            {
                var block = new byte[1 << 20];
                new Random(1).NextBytes(block);
                for (var left = bytes; left > 0; left -= block.Length) await made.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)));
            }

            var peak = 0.0;
            using var stop = new CancellationTokenSource();
            var watch = WatchAsync(value => peak = Math.Max(peak, value), stop.Token);
            var clock = Stopwatch.StartNew();
            var form = new MultipartFormDataContent { { new StringContent("user_data"), "purpose" }, { new StreamContent(File.OpenRead(name), 1 << 16), "file", "large.bin" } };
            var file = await PostAsync("/v1/files", form);
            var up = clock.Elapsed;
            clock.Restart();
            using var response = await _http.GetAsync($"/v1/files/{file.GetProperty("id").GetString()}/content", HttpCompletionOption.ResponseHeadersRead);
            await using var content = await response.Content.ReadAsStreamAsync();
            await content.CopyToAsync(Stream.Null);
            var down = clock.Elapsed;
            await stop.CancelAsync();
            await watch;
            return (up, down, peak);
        }
        finally
        {
            File.Delete(name);
        }
    }

    private async Task WatchAsync(Action<double> tell, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            tell(_target.Processes[0].Megabytes());
            await Task.Delay(s_lookEvery, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<JsonElement> PostAsync(string path, HttpContent content)
    {
        using var response = await _http.PostAsync(path, content);
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonElement.Parse(body) : throw new InvalidOperationException($"{path}: {body}");
    }

    private void Add(string what, string goal, string figure, bool? met) => _figures.Add((what, goal, figure, met));

    private string Table(string commit, IEnumerable<string> commands)
    {
        var text = new StringBuilder($"# Batches and files, {commit}\n\n{ProcFiles.Machine()}; generator, upstream, node and gateway on the same machine. `bench/run --batches`.\n\n");
        text.Append("| what | goal | measured | |\n|---|---|---|---|\n");
        foreach (var (what, goal, figure, met) in _figures) text.Append(CultureInfo.InvariantCulture, $"| {what} | {goal} | {figure} | {(met is null ? "" : met.Value ? "met" : "**missed**")} |\n");
        text.Append("\n```\n").AppendJoin('\n', commands).Append("\n```\n");
        return text.ToString();
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private sealed record Figures(double PerSecond, double P50, double P99);

    private sealed record BatchFigures(TimeSpan Validated, double PerSecond, double PeakMegabytes, Figures? Interactive, double PerSecondBeside);
}
