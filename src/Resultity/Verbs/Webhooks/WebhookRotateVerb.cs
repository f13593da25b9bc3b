using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Webhooks;

/// <summary><c>resultity webhooks rotate</c>.</summary>
internal sealed class WebhookRotateVerb : Verb
{
    public WebhookRotateVerb(Terminal terminal)
        : base(terminal, "rotate", "Give a webhook a new secret; for a while the old one signs as well.")
    {
        var id = WebhooksVerb.IdArgument();
        var grace = new Option<string?>("--grace") { Description = "How long the old secret goes on signing [default: 24h]", HelpName = "duration" };
        var json = new Option<bool>("--json") { Description = "Print the webhook object" };
        Add(id);
        Add(grace);
        Add(json);
        var connection = new ConnectionOptions(this, terminal);
        Runs(async (parsed, cancellation) =>
        {
            var body = new JsonObject();
            if (parsed.GetValue(grace) is { } given) body["grace_seconds"] = (long)Duration.Parse("--grace", given).TotalSeconds;
            using var client = connection.Open(parsed);
            return WebhooksVerb.ShowSecret(
                terminal, await client.JsonAsync(HttpMethod.Post, WebhooksVerb.Of(parsed.GetRequiredValue(id), "/rotate"), body, cancellation), parsed.GetValue(json));
        });
    }
}
