using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;
using Resultity.Verbs.Webhooks;

namespace Resultity.Verbs;

/// <summary><c>resultity webhooks</c>: who is told when a request, a batch or a response has ended.</summary>
internal sealed class WebhooksVerb : Verb
{
    public const string Path = "v1/webhooks";

    public WebhooksVerb(Terminal terminal)
        : base(terminal, "webhooks", "Have a server of yours told when requests and batches have ended.")
    {
        Add(new ListVerb(terminal));
        Add(new WebhookWriteVerb(terminal, isNew: true));
        Add(new WebhookWriteVerb(terminal, isNew: false));
        Add(new ShowVerb(terminal));
        Add(new DeleteVerb(terminal));
        Add(new WebhookRotateVerb(terminal));
        Add(new TestVerb(terminal));
        Add(new WebhookDeliveriesVerb(terminal));
        Add(new ReplayVerb(terminal));
        Examples =
        [
            ("resultity webhooks create https://example.com/hooks --event batch.completed", "prints the secret that events are signed with, once"),
            ("resultity webhooks test wh_…", "sends an event of the type webhook.test"),
            ("resultity webhooks deliveries wh_…", "what was sent, and what came of it"),
            ("resultity webhooks replay wh_… whd_…", "sends one of them again"),
        ];
    }

    /// <summary>The path of one webhook, or of something of it.</summary>
    public static string Of(string id, string suffix = "") => $"{Path}/{Uri.EscapeDataString(id)}{suffix}";

    /// <summary>The argument that names a webhook.</summary>
    public static Argument<string> IdArgument() =>
        new("id") { Description = "The webhook's id; `default` stands for the receivers that requests name themselves" };

    /// <summary>Prints a webhook whose secret is in the answer: the secret to standard output, once.</summary>
    public static int ShowSecret(Terminal terminal, JsonNode webhook, bool json)
    {
        if (json)
        {
            terminal.WriteJson(webhook);
            return ExitCode.Ok;
        }

        terminal.Note($"{webhook.Text("id")}; its secret is shown this once:");
        terminal.Out.WriteLine(Table.Safe(webhook.Text("secret")));
        return ExitCode.Ok;
    }

    private sealed class ListVerb : Verb
    {
        public ListVerb(Terminal terminal)
            : base(terminal, "list", "List your webhooks, newest first.")
        {
            var json = new Option<bool>("--json") { Description = "Print the list object" };
            Add(json);
            var connection = new ConnectionOptions(this, terminal);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var list = await client.JsonAsync(HttpMethod.Get, Path + "?limit=100", null, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(list);
                    return ExitCode.Ok;
                }

                Table.Write(terminal, ["ID", "URL", "EVENTS", "STATE", "DESCRIPTION"], [.. list.Items("data").Select(static webhook => new[]
                {
                    webhook.Text("id"), webhook.Text("url"), webhook.Join("events") is { Length: > 0 } events ? events : "all", State(webhook), webhook.Text("description"),
                })]);
                return ExitCode.Ok;
            });
        }

        private static string State(JsonNode webhook) =>
            webhook.Text("enabled") == "true" ? "enabled" : webhook.Text("disabled_reason") is { Length: > 0 } reason ? $"disabled: {reason}" : "disabled";
    }

    private sealed class ShowVerb : Verb
    {
        public ShowVerb(Terminal terminal)
            : base(terminal, "show", "Show one webhook, as the API has it; never its secret.")
        {
            var id = IdArgument();
            Add(id);
            var connection = new ConnectionOptions(this, terminal);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                terminal.WriteJson(await client.JsonAsync(HttpMethod.Get, Of(parsed.GetRequiredValue(id)), null, cancellation));
                return ExitCode.Ok;
            });
        }
    }

    private sealed class DeleteVerb : Verb
    {
        public DeleteVerb(Terminal terminal)
            : base(terminal, "delete", "Remove a webhook with its deliveries.")
        {
            var id = IdArgument();
            Add(id);
            var connection = new ConnectionOptions(this, terminal);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                await client.JsonAsync(HttpMethod.Delete, Of(parsed.GetRequiredValue(id)), null, cancellation);
                terminal.Note("deleted");
                return ExitCode.Ok;
            });
        }
    }

    private sealed class TestVerb : Verb
    {
        public TestVerb(Terminal terminal)
            : base(terminal, "test", "Send an event of the type webhook.test.")
        {
            var id = IdArgument();
            Add(id);
            var connection = new ConnectionOptions(this, terminal);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var delivery = await client.JsonAsync(HttpMethod.Post, Of(parsed.GetRequiredValue(id), "/test"), null, cancellation);
                terminal.Out.WriteLine(Table.Safe(delivery.Text("id")));
                return ExitCode.Ok;
            });
        }
    }

    private sealed class ReplayVerb : Verb
    {
        public ReplayVerb(Terminal terminal)
            : base(terminal, "replay", "Send a delivery again.")
        {
            var id = IdArgument();
            var delivery = new Argument<string>("delivery") { Description = "The delivery's id, as `resultity webhooks deliveries` lists it" };
            Add(id);
            Add(delivery);
            var connection = new ConnectionOptions(this, terminal);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var path = Of(parsed.GetRequiredValue(id), $"/deliveries/{Uri.EscapeDataString(parsed.GetRequiredValue(delivery))}/replay");
                await client.JsonAsync(HttpMethod.Post, path, null, cancellation);
                terminal.Note("is sent again");
                return ExitCode.Ok;
            });
        }
    }
}
