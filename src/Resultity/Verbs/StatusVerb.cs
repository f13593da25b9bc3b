using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs;

/// <summary><c>resultity status</c>: one look at a gateway.</summary>
internal sealed class StatusVerb : Verb
{
    private readonly Option<bool> _json = new("--json") { Description = "Print the status object" };
    private readonly ConnectionOptions _connection;

    public StatusVerb(Terminal terminal)
        : base(terminal, "status", "Show a gateway's nodes, models, queues and load.")
    {
        Add(_json);
        _connection = new ConnectionOptions(this, terminal, admin: true);
        Examples =
        [
            ("resultity status", "the local gateway"),
            ("resultity status --url https://ai.example.org --json | jq .requests", "another one, for scripts"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        var status = await client.JsonAsync(HttpMethod.Get, "admin/v1/status", null, cancellation);
        if (parsed.GetValue(_json))
        {
            Terminal.WriteJson(status);
            return ExitCode.Ok;
        }

        Terminal.Out.WriteLine($"{client.Url}  {Terminal.Styled(Table.Safe(status.Text("state")), "1")}");
        Terminal.Out.WriteLine($"version   {Table.Safe(status.Text("version"))}");
        Terminal.Out.WriteLine($"uptime    {TimeSpan.FromSeconds(Math.Floor(status.Number("uptime_seconds") ?? 0)):c}");
        Terminal.Out.WriteLine($"nodes     {status.Number("nodes", "linked"):0} linked of {status.Number("nodes", "known"):0}");
        Terminal.Out.WriteLine($"requests  {status.Number("requests", "in_flight"):0} in flight, {status.Number("requests", "queued"):0} queued");
        Terminal.Out.WriteLine();
        Table.Write(Terminal, ["MODEL", "STATE", "NODES", "SLOTS", "IN FLIGHT", "QUEUED"], [.. status.Items("models").Select(Row)]);
        return ExitCode.Ok;
    }

    private static string[] Row(JsonNode model) =>
        [model.Text("id"), model.Text("state"), model.Text("nodes"), model.Text("slots"), model.Text("in_flight"), model.Text("queued")];
}
