using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Resultity.Chaos;

ChaosOptions options;
try
{
    options = ChaosOptions.Parse(args);
}
catch (FormatException wrong)
{
    await Console.Error.WriteLineAsync($"{wrong.Message}\n{ChaosOptions.Usage}");
    return 2;
}

var began = TimeProvider.System.GetTimestamp();
var tally = new Tally();
await using var cluster = await Cluster.StartAsync(options);
for (var i = 0; i < options.Gateways; i++) await cluster.UntilServingAsync(i);
using var clients = new Clients([.. cluster.Gateways.Select(static gateway => gateway.Address)], tally);
var rounds = new Rounds(cluster, tally, options.Seed);
using (var stop = new CancellationTokenSource())
{
    var load = Enumerable.Range(0, options.Clients).SelectMany(_ => (Task[])[clients.PollAsync(stop.Token), clients.AskAsync(stop.Token), clients.BatchAsync(stop.Token)]).ToList();
    await rounds.RunAsync(options.Rounds);
    await stop.CancelAsync();
    await Task.WhenAll(load);
}

var killedFor = TimeProvider.System.GetElapsedTime(began);
var found = await new Audit(cluster, clients, tally).RunAsync();
var unasked = cluster.All.Sum(static process => process.Failures);
var isGood = unasked == 0 && tally.Wrongs.Count == 0 && found.All(static one => one.Wrong == 0);

var report = new StringBuilder();
report.AppendLine(CultureInfo.InvariantCulture, $"# Chaos: {options.Rounds} rounds on {(options.IsSqlite ? "SQLite" : "PostgreSQL")}, {options.Gateways} gateway(s)");
report.AppendLine();
report.AppendLine(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}; seed {options.Seed}; {options.Clients} clients of each kind for {killedFor.TotalSeconds:0} s.");
report.AppendLine("Each round ends processes with SIGKILL at a random moment under load and starts them again. Clients try again what broke off.");
report.AppendLine();
foreach (var (what, count) in rounds.Kills) report.AppendLine(CultureInfo.InvariantCulture, $"- killed {count} times: {what}");
report.AppendLine(CultureInfo.InvariantCulture, $"- acknowledged: {tally.Accepted.Count} requests to be fetched later, {tally.Batches.Count} batches with {tally.Batches.Values.Sum(static lines => lines.Count)} lines; {tally.Answered} synchronous answers; {tally.Retries} retries by clients");
report.AppendLine();
report.AppendLine("| what must not be | found |");
report.AppendLine("|---|---|");
foreach (var (what, wrong) in found) report.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {wrong} |");
report.AppendLine(CultureInfo.InvariantCulture, $"| answers and errors that no client should see | {tally.Wrongs.Count} |");
report.AppendLine(CultureInfo.InvariantCulture, $"| processes that ended by themselves | {unasked} |");
report.AppendLine();
report.AppendLine(isGood ? "**Nothing acknowledged was lost, recorded twice or billed twice.**" : "**Failed.**");
Console.WriteLine(report);
foreach (var wrong in tally.Wrongs.Take(20)) Console.WriteLine(wrong);
if (!isGood) Console.WriteLine(string.Join('\n', cluster.All.Select(static process => process.Log)));
if (options.Report is { } file) await File.WriteAllTextAsync(file, report.ToString());
return isGood ? 0 : 1;
