using System.Globalization;
using Resultity.Bench;

if (args.Contains("--help"))
{
    Console.WriteLine(RunOptions.Usage);
    return 0;
}

RunOptions options;
try
{
    options = RunOptions.Parse(args);
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"bench: {wrong.Message}\n{RunOptions.Usage}");
    return 2;
}

if (options.List)
{
    foreach (var scenario in Scenarios.All) Console.WriteLine($"{scenario.Name,-20} {scenario.Meaning}");
    return 0;
}

var programs = Programs.In(Path.GetFullPath(options.Folder));
if (options.Batches) return await MeasureAsync(async commit =>
{
    using var run = new BatchRun(options, programs, Console.Error);
    return await run.RunAsync(commit);
}, "batches");
if (options.Multimodel) return await MeasureAsync(new MultimodelRun(options, programs, Console.Error).RunAsync, "multimodel");
if (options.Submit) return await MeasureAsync(new SubmitRun(options, programs, Console.Error).RunAsync, "submit");
var runner = new Runner(options, programs, Console.Error);
var results = new List<ScenarioResult>();
var chosen = Scenarios.All.Where(scenario => options.Only.Length == 0 || options.Only.Contains(scenario.Name))
    .Where(scenario => options.Targets.Intersect(scenario.Targets).Any()).ToList();
var steady = chosen.Where(scenario => !scenario.Fresh).ToList();
try
{
    if (steady.Count > 0)
    {
        using var setup = await Setup.StartAsync(programs, options.Targets, steady[0].Slots);
        await runner.WarmAsync(setup);
        foreach (var scenario in steady) results.Add(await runner.RunAsync(scenario, setup));
    }

    foreach (var scenario in chosen.Except(steady)) results.Add(await runner.RunAsync(scenario, shared: null));
}
catch (InvalidOperationException wrong)
{
    Console.Error.WriteLine($"bench: {wrong.Message}");
    return 1;
}

var commit = await CommitAsync();
return await WriteAsync(Tables.Write(results, options, commit, runner.Commands), commit);

async Task<int> MeasureAsync(Func<string, Task<string>> measure, string name)
{
    try
    {
        var measured = await CommitAsync();
        return await WriteAsync(await measure(measured), $"{measured}-{name}");
    }
    catch (InvalidOperationException wrong)
    {
        Console.Error.WriteLine($"bench: {wrong.Message}");
        return 1;
    }
}

async Task<int> WriteAsync(string text, string name)
{
    Console.WriteLine(text);
    if (options.Quick && options.Out is null) return 0;
    var file = options.Out ?? Path.Combine("bench", "results", string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}-{name}.md"));
    await File.WriteAllTextAsync(file, text);
    Console.Error.WriteLine($"written to {file}");
    return 0;
}

static async Task<string> CommitAsync() => (await Child.RunAsync("git", ["describe", "--always", "--dirty"], anyExit: true)).Trim();
