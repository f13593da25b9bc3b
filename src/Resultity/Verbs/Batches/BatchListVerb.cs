using System.CommandLine;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Batches;

/// <summary><c>resultity batch list</c>.</summary>
internal sealed class BatchListVerb : Verb
{
    private readonly Option<int> _limit = new("--limit") { Description = "How many, newest first", HelpName = "count", DefaultValueFactory = _ => 20 };
    private readonly Option<string?> _after = new("--after") { Description = "Those that follow this id in the list", HelpName = "id" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the list object" };
    private readonly ConnectionOptions _connection;

    public BatchListVerb(Terminal terminal)
        : base(terminal, "list", "List your batches, newest first.")
    {
        foreach (var option in (Option[])[_limit, _after, _json]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        var path = FormattableString.Invariant($"v1/batches?limit={parsed.GetValue(_limit)}");
        if (parsed.GetValue(_after) is { } after) path += "&after=" + Uri.EscapeDataString(after);
        var list = await client.JsonAsync(HttpMethod.Get, path, null, cancellation);
        if (parsed.GetValue(_json))
        {
            Terminal.WriteJson(list);
            return ExitCode.Ok;
        }

        var rows = list.Items("data").Select(batch => new[]
        {
            batch.Text("id"), batch.Text("status"), batch.Text("request_counts", "total"), batch.Text("request_counts", "completed"),
            batch.Text("request_counts", "failed"), batch.When("created_at"), batch.Text("model"),
        }).ToList();
        Table.Write(Terminal, ["ID", "STATUS", "TOTAL", "DONE", "FAILED", "CREATED", "MODEL"], rows);
        if (list.Text("has_more") == "true") Terminal.Note($"There are more: --after {list.Text("last_id")}");
        return ExitCode.Ok;
    }
}
