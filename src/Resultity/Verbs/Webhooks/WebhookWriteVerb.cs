using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Webhooks;

/// <summary><c>resultity webhooks create</c> and <c>update</c>: where events go, and which.</summary>
internal sealed class WebhookWriteVerb : Verb
{
    private readonly Option<string[]> _events = new("--event") { Description = "An event it is told of, such as batch.completed; repeat for more [default: all]", HelpName = "type" };
    private readonly Option<string?> _description = new("--description") { Description = "What it is for", HelpName = "text" };
    private readonly Option<bool?> _enabled = new("--enabled") { Description = "Whether anything is sent", HelpName = "true|false" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the webhook object" };

    public WebhookWriteVerb(Terminal terminal, bool isNew)
        : base(terminal, isNew ? "create" : "update", isNew ? "Make a webhook; its secret goes to standard output, once." : "Change a webhook; what is not said stays as it is.")
    {
        var id = WebhooksVerb.IdArgument();
        var address = new Argument<string>("url") { Description = "Where events are posted: https, and an address of the public internet" };
        var newAddress = new Option<string?>("--to") { Description = "Another URL", HelpName = "url" };
        Add(isNew ? address : id);
        if (!isNew) Add(newAddress);
        foreach (var option in (Option[])[_events, _description, _enabled, _json]) Add(option);
        var connection = new ConnectionOptions(this, terminal);
        Runs(async (parsed, cancellation) =>
        {
            var body = Body(parsed);
            if (isNew) body["url"] = parsed.GetRequiredValue(address);
            else if (parsed.GetValue(newAddress) is { } moved) body["url"] = moved;
            using var client = connection.Open(parsed);
            var webhook = await client.JsonAsync(HttpMethod.Post, isNew ? WebhooksVerb.Path : WebhooksVerb.Of(parsed.GetRequiredValue(id)), body, cancellation);
            if (isNew) return WebhooksVerb.ShowSecret(terminal, webhook, parsed.GetValue(_json));
            if (parsed.GetValue(_json)) terminal.WriteJson(webhook);
            else terminal.Note("changed");
            return ExitCode.Ok;
        });
    }

    private JsonObject Body(ParseResult parsed)
    {
        var body = new JsonObject();
        if (parsed.GetValue(_events) is { Length: > 0 } events) body["events"] = new JsonArray([.. events.Select(static type => (JsonNode)type)]);
        if (parsed.GetValue(_description) is { } description) body["description"] = description;
        if (parsed.GetValue(_enabled) is { } enabled) body["enabled"] = enabled;
        return body;
    }
}
