// Tokens per second of the ONNX engine, alone or beside a llama-server with the same weights. See README.md.
using System.Diagnostics;
using Resultity.EngineBench;
using Resultity.Onnx.Text;

var options = BenchOptions.Parse(args);
using var model = TextModel.Load(options.Model, new TextModelOptions { Threads = options.Threads, FuseAttention = options.Fuse });
await using var engine = new TextEngine(model, new TextEngineOptions { Slots = options.Streams.Max(), PrefixCacheBytes = 0 }, TimeProvider.System);
using var server = options.LlamaServer is null ? null : await LlamaServer.StartAsync(options);
var contenders = new List<(string Name, Func<int[], int, Task> Generate)> { ("engine", EngineAsync) };
if (server is not null) contenders.Add(("llama-server", server.GenerateAsync));

var rates = contenders.SelectMany(c => options.Streams.Select(s => (c.Name, Streams: s))).ToDictionary(key => key, _ => new List<double>());
var (cpu, allocated) = (new List<double>(), new List<double>());
// One round more than counts, to warm up; contenders take turns, so that both see the same machine.
for (var round = -1; round < options.Rounds; round++)
    foreach (var streams in options.Streams)
        foreach (var (name, generate) in contenders)
        {
            var (before, bytes) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, streams).Select(i => generate(Prompt(i), options.Tokens)));
            var seconds = clock.Elapsed.TotalSeconds;
            if (round >= 0) rates[(name, streams)].Add(streams * options.Tokens / seconds);
            if (round < 0 || name != "engine") continue;
            cpu.Add((Environment.CpuUsage.TotalTime - before).TotalMicroseconds / (streams * options.Tokens));
            allocated.Add((double)(GC.GetTotalAllocatedBytes() - bytes) / (streams * options.Tokens));
        }

var firstTokens = contenders.ToDictionary(c => c.Name, _ => new List<double>());
for (var round = -1; round < options.Rounds && options.Prompt > 0; round++)
    foreach (var (name, generate) in contenders)
    {
        var clock = Stopwatch.StartNew();
        await generate(LongPrompt(options.Prompt, round), 1);
        if (round >= 0) firstTokens[name].Add(clock.Elapsed.TotalMilliseconds);
    }

var idleBefore = Environment.CpuUsage.TotalTime;
await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
var idle = Environment.CpuUsage.TotalTime - idleBefore;

Console.WriteLine($"{options.Model}, {options.Threads} threads, {options.Tokens} tokens a stream, {options.Rounds} rounds, keys and values {(model.InPlace ? "in place" : "copied")}, {DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime):yyyy-MM-dd}");
foreach (var streams in options.Streams)
{
    foreach (var (name, _) in contenders)
        Console.WriteLine($"{streams,3} streams  {name,-13} median {Median(rates[(name, streams)]),7:F0} tokens/s   all {string.Join(" ", rates[(name, streams)].Select(r => $"{r:F0}"))}");
    if (server is not null) Console.WriteLine($"{streams,3} streams  ratio         {Median(rates[("engine", streams)]) / Median(rates[("llama-server", streams)]),7:F2}");
}
foreach (var (name, times) in firstTokens)
    if (options.Prompt > 0) Console.WriteLine($"prompt of {options.Prompt} tokens to its first token: {name,-13} median {Median(times):F1} ms   all {string.Join(" ", times.Select(t => $"{t:F1}"))}");
foreach (var (index, streams) in options.Streams.Index())
    Console.WriteLine($"{streams,3} streams  engine's process: {Median([.. cpu.Where((_, i) => i % options.Streams.Length == index)]):F0} us of processor time and {Median([.. allocated.Where((_, i) => i % options.Streams.Length == index)]):F0} bytes allocated per token, prompt and consumer included");

Console.WriteLine($"idle with the model loaded: {idle.TotalMilliseconds / 2:F1} ms of processor time per second");

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

// Different from the third token on, so that no stream can take over what another has computed.
static int[] Prompt(int stream) => [1, 278, 15 + stream, 772, 357, 267, 548, 731, 498, 267, 1407, 51, 2, 15, 1, 275, 15];

static int[] LongPrompt(int tokens, int seed)
{
    var random = new Random(seed);
    return [.. Enumerable.Range(0, tokens).Select(_ => random.Next(5, 1500))];
}

async Task EngineAsync(int[] prompt, int tokens)
{
    using var generation = engine.Start(new GenerationRequest { Prompt = prompt, MaxTokens = tokens, Sampling = SamplingOptions.Greedy, EndTokens = [] });
    var count = 0;
    while (await generation.WaitAsync())
        while (generation.TryRead(out _)) count++;
    if (count != tokens) throw new InvalidOperationException($"The engine wrote {count} tokens and ended with {generation.Finish}.", generation.Error);
}
