using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs;

/// <summary><c>resultity keys</c>: API keys, through the admin API.</summary>
internal sealed class KeysVerb : Verb
{
    public KeysVerb(Terminal terminal)
        : base(terminal, "keys", "List, create, rotate and revoke API keys.")
    {
        Add(new ListVerb(terminal));
        Add(new CreateVerb(terminal));
        Add(new RotateVerb(terminal));
        Add(new RevokeVerb(terminal));
        Examples =
        [
            ("resultity keys create --name laptop", "prints the key, once"),
            ("resultity keys create --name batch --namespace nightly --requests-per-minute 60 --expires-in 30d", "with limits of its own"),
            ("resultity keys revoke key_…", "the key stops working at once"),
        ];
    }

    private static int Show(Terminal terminal, JsonNode key, bool json)
    {
        if (json)
        {
            terminal.WriteJson(key);
            return ExitCode.Ok;
        }

        terminal.Note($"{key.Text("id")} in namespace {key.Text("namespace")}; the key is shown this once:");
        terminal.Out.WriteLine(Table.Safe(key.Text("key")));
        return ExitCode.Ok;
    }

    private sealed class ListVerb : Verb
    {
        public ListVerb(Terminal terminal)
            : base(terminal, "list", "List the API keys; never the keys themselves.")
        {
            var json = new Option<bool>("--json") { Description = "Print the list object" };
            Add(json);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var list = await client.JsonAsync(HttpMethod.Get, "admin/v1/keys", null, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(list);
                    return ExitCode.Ok;
                }

                Table.Write(terminal, ["ID", "NAME", "NAMESPACE", "STATE", "CREATED", "EXPIRES"], [.. list.Items("data").Select(key => new[]
                {
                    key.Text("id"), key.Text("name"), key.Text("namespace"), key.Text("state"), key.When("created_at"), key.When("expires_at"),
                })]);
                return ExitCode.Ok;
            });
        }
    }

    private sealed class CreateVerb : Verb
    {
        private readonly Option<string> _name = new("--name") { Description = "What the key is for", HelpName = "text", Required = true };
        private readonly Option<string> _namespace = new("--namespace") { Description = "Whose requests and usage it belongs to", HelpName = "name", DefaultValueFactory = _ => "default" };
        private readonly Option<string?> _expires = new("--expires-in") { Description = "When it stops working, such as 90d, 12h or 30m [default: never]", HelpName = "duration" };
        private readonly Option<int?> _requests = new("--requests-per-minute") { Description = "The most requests per minute", HelpName = "count" };
        private readonly Option<int?> _tokens = new("--tokens-per-minute") { Description = "The most tokens per minute", HelpName = "count" };
        private readonly Option<string[]> _models = new("--model") { Description = "A model it may use; repeat for more [default: all]", HelpName = "name" };
        private readonly Option<string?> _subcloud = new("--subcloud") { Description = "The one subcloud it is good for [default: the main cloud and public subclouds]", HelpName = "name" };
        private readonly Option<bool> _json = new("--json") { Description = "Print the key object" };

        public CreateVerb(Terminal terminal)
            : base(terminal, "create", "Create an API key; the key goes to standard output, once.")
        {
            foreach (var option in (Option[])[_name, _namespace, _expires, _requests, _tokens, _models, _subcloud, _json]) Add(option);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                var body = Body(parsed);
                using var client = connection.Open(parsed);
                return Show(terminal, await client.JsonAsync(HttpMethod.Post, "admin/v1/keys", body, cancellation), parsed.GetValue(_json));
            });
        }

        private JsonObject Body(ParseResult parsed)
        {
            var body = new JsonObject { ["name"] = parsed.GetValue(_name), ["namespace"] = parsed.GetValue(_namespace) };
            if (parsed.GetValue(_expires) is { } expires) body["expires_in_seconds"] = (long)Duration.Parse("--expires-in", expires).TotalSeconds;
            if (parsed.GetValue(_requests) is { } requests) body["requests_per_minute"] = requests;
            if (parsed.GetValue(_tokens) is { } tokens) body["tokens_per_minute"] = tokens;
            if (parsed.GetValue(_subcloud) is { } subcloud) body["subcloud"] = subcloud;
            if (parsed.GetValue(_models) is { Length: > 0 } models) body["models"] = new JsonArray([.. models.Select(model => (JsonNode)model)]);
            return body;
        }
    }

    private sealed class RotateVerb : Verb
    {
        public RotateVerb(Terminal terminal)
            : base(terminal, "rotate", "Replace a key by a new one with the same rights.")
        {
            var id = new Argument<string>("id") { Description = "The key's id (key_…)" };
            var grace = new Option<string>("--grace") { Description = "How long the old key goes on working", HelpName = "duration", DefaultValueFactory = _ => "0s" };
            var json = new Option<bool>("--json") { Description = "Print the key object" };
            Add(id);
            Add(grace);
            Add(json);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                var body = new JsonObject { ["grace_seconds"] = (long)Duration.Parse("--grace", parsed.GetRequiredValue(grace)).TotalSeconds };
                using var client = connection.Open(parsed);
                var path = $"admin/v1/keys/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/rotate";
                return Show(terminal, await client.JsonAsync(HttpMethod.Post, path, body, cancellation), parsed.GetValue(json));
            });
        }
    }

    private sealed class RevokeVerb : Verb
    {
        public RevokeVerb(Terminal terminal)
            : base(terminal, "revoke", "Revoke a key; it stops working at once.")
        {
            var id = new Argument<string>("id") { Description = "The key's id (key_…)" };
            Add(id);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                await client.JsonAsync(HttpMethod.Delete, $"admin/v1/keys/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}", null, cancellation);
                terminal.Note("revoked");
                return ExitCode.Ok;
            });
        }
    }
}
