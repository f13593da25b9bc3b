using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Webhooks;

/// <summary><c>resultity webhooks deliveries</c>.</summary>
internal sealed class WebhookDeliveriesVerb : Verb
{
    public WebhookDeliveriesVerb(Terminal terminal)
        : base(terminal, "deliveries", "List what was sent and what came of it, newest first.")
    {
        var id = WebhooksVerb.IdArgument();
        var limit = new Option<int>("--limit") { Description = "How many", HelpName = "count", DefaultValueFactory = static _ => 20 };
        var after = new Option<string?>("--after") { Description = "Those that follow this id in the list", HelpName = "id" };
        var json = new Option<bool>("--json") { Description = "Print the list object" };
        Add(id);
        foreach (var option in (Option[])[limit, after, json]) Add(option);
        var connection = new ConnectionOptions(this, terminal);
        Runs(async (parsed, cancellation) =>
        {
            var query = string.Create(CultureInfo.InvariantCulture, $"/deliveries?limit={parsed.GetValue(limit)}");
            if (parsed.GetValue(after) is { } last) query += $"&after={Uri.EscapeDataString(last)}";
            using var client = connection.Open(parsed);
            var list = await client.JsonAsync(HttpMethod.Get, WebhooksVerb.Of(parsed.GetRequiredValue(id), query), null, cancellation);
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(list);
                return ExitCode.Ok;
            }

            Table.Write(terminal, ["ID", "EVENT", "OF", "STATUS", "TRIES", "ANSWER", "CREATED", "NEXT TRY"], [.. list.Items("data").Select(static delivery => new[]
            {
                delivery.Text("id"), delivery.Text("type"), delivery.Text("object_id"), delivery.Text("status"), delivery.Text("attempts"), Answer(delivery),
                delivery.When("created_at"), delivery.When("next_attempt_at"),
            })]);
            return ExitCode.Ok;
        });
    }

    private static string Answer(JsonNode delivery) => delivery.Text("error") is { Length: > 0 } error ? error : delivery.Text("response_status");
}
