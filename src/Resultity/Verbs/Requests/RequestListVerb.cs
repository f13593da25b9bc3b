using System.CommandLine;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Requests;

/// <summary><c>resultity request list</c>.</summary>
internal sealed class RequestListVerb : Verb
{
    private readonly Option<int> _limit = new("--limit") { Description = "How many, newest first", HelpName = "count", DefaultValueFactory = _ => 20 };
    private readonly Option<string?> _status = new("--status") { Description = "Only those with this status", HelpName = "status" };
    private readonly Option<string?> _after = new("--after") { Description = "Those that follow this id in the list", HelpName = "id" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the list object" };
    private readonly ConnectionOptions _connection;

    public RequestListVerb(Terminal terminal)
        : base(terminal, "list", "List your requests, newest first.")
    {
        foreach (var option in (Option[])[_limit, _status, _after, _json]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        var path = $"v1/requests?order=desc&limit={parsed.GetValue(_limit)}";
        if (parsed.GetValue(_status) is { } status) path += "&status=" + Uri.EscapeDataString(status);
        if (parsed.GetValue(_after) is { } after) path += "&after=" + Uri.EscapeDataString(after);
        var list = await client.JsonAsync(HttpMethod.Get, path, null, cancellation);
        if (parsed.GetValue(_json))
        {
            Terminal.WriteJson(list);
            return ExitCode.Ok;
        }

        var rows = list.Items("data").Select(request => new[]
        {
            request.Text("id"), request.Text("status"), request.Text("endpoint"), request.Text("model"), request.When("created_at"),
        }).ToList();
        Table.Write(Terminal, ["ID", "STATUS", "ENDPOINT", "MODEL", "CREATED"], rows);
        if (list.Text("has_more") == "true") Terminal.Note($"There are more: --after {list.Text("last_id")}");
        return ExitCode.Ok;
    }
}
