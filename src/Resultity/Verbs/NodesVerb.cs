using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs;

/// <summary><c>resultity nodes</c>: the machines that compute, through the admin API.</summary>
internal sealed class NodesVerb : Verb
{
    public NodesVerb(Terminal terminal)
        : base(terminal, "nodes", "List, drain and revoke nodes; make the tokens that let new ones join.")
    {
        Add(new ListVerb(terminal));
        Add(new ActVerb(terminal, "drain", "Let a node finish what it runs and give it nothing new.", HttpMethod.Post, "/drain", "drains"));
        Add(new ActVerb(terminal, "resume", "Give a drained node work again.", HttpMethod.Post, "/resume", "resumed"));
        Add(new ActVerb(terminal, "revoke", "Revoke a node's key: its links close and it cannot come back.", HttpMethod.Delete, "", "revoked"));
        Add(new TokensVerb(terminal));
        Examples =
        [
            ("resultity nodes list", "who is linked, with what models and load"),
            ("resultity nodes tokens create", "prints a token and the command to paste on a new node"),
        ];
    }

    private sealed class ListVerb : Verb
    {
        public ListVerb(Terminal terminal)
            : base(terminal, "list", "List the nodes with their models, state and load.")
        {
            var json = new Option<bool>("--json") { Description = "Print the list object" };
            Add(json);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var list = await client.JsonAsync(HttpMethod.Get, "admin/v1/nodes", null, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(list);
                    return ExitCode.Ok;
                }

                Table.Write(terminal, ["ID", "NAME", "STATE", "LINKS", "IN FLIGHT", "MODELS"], [.. list.Items("data").Select(Row)]);
                return ExitCode.Ok;
            });
        }

        private static string[] Row(JsonNode node) =>
        [
            node.Text("id"), node.Text("name"), node.Text("state"), node.Text("links"), node.Text("in_flight"),
            string.Join(", ", node.Items("models").Select(model => model.Text("id"))),
        ];
    }

    private sealed class ActVerb : Verb
    {
        public ActVerb(Terminal terminal, string name, string description, HttpMethod method, string suffix, string done)
            : base(terminal, name, description)
        {
            var id = new Argument<string>("id") { Description = "The node's id" };
            Add(id);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                await client.JsonAsync(method, $"admin/v1/nodes/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}{suffix}", null, cancellation);
                terminal.Note(done);
                return ExitCode.Ok;
            });
        }
    }

    private sealed class TokensVerb : Verb
    {
        public TokensVerb(Terminal terminal)
            : base(terminal, "tokens", "Make, list and revoke join tokens.")
        {
            Add(new CreateVerb(terminal));
            Add(new TokenListVerb(terminal));
            Add(new TokenRevokeVerb(terminal));
        }
    }

    private sealed class CreateVerb : Verb
    {
        public CreateVerb(Terminal terminal)
            : base(terminal, "create", "Make a join token; the token goes to standard output, once.")
        {
            var expires = new Option<string>("--expires-in") { Description = "How long it can be used", HelpName = "duration", DefaultValueFactory = _ => "24h" };
            var uses = new Option<int>("--uses") { Description = "How many nodes it lets in; 0 is any number", HelpName = "count", DefaultValueFactory = _ => 1 };
            var json = new Option<bool>("--json") { Description = "Print the token object" };
            var subcloud = new Option<string?>("--subcloud") { Description = "A subcloud that its nodes become members of", HelpName = "name" };
            foreach (var option in (Option[])[expires, uses, subcloud, json]) Add(option);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                var body = new JsonObject
                {
                    ["expires_in_seconds"] = (long)Duration.Parse("--expires-in", parsed.GetRequiredValue(expires)).TotalSeconds,
                    ["max_uses"] = parsed.GetValue(uses),
                };
                if (parsed.GetValue(subcloud) is { } name) body["subcloud"] = name;
                using var client = connection.Open(parsed);
                var token = await client.JsonAsync(HttpMethod.Post, "admin/v1/join-tokens", body, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(token);
                    return ExitCode.Ok;
                }

                terminal.Note($"On the new node: resultity node --join {client.Url.ToString().TrimEnd('/')} --token <the token below>");
                terminal.Out.WriteLine(Table.Safe(token.Text("token")));
                return ExitCode.Ok;
            });
        }
    }

    private sealed class TokenListVerb : Verb
    {
        public TokenListVerb(Terminal terminal)
            : base(terminal, "list", "List the join tokens; never the tokens themselves.")
        {
            var json = new Option<bool>("--json") { Description = "Print the list object" };
            Add(json);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var list = await client.JsonAsync(HttpMethod.Get, "admin/v1/join-tokens", null, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(list);
                    return ExitCode.Ok;
                }

                Table.Write(terminal, ["ID", "STATE", "USES LEFT", "CREATED", "EXPIRES"], [.. list.Items("data").Select(token => new[]
                {
                    token.Text("id"), token.Text("state"), token.Number("uses_left") is { } left ? $"{left:0}" : "any", token.When("created_at"), token.When("expires_at"),
                })]);
                return ExitCode.Ok;
            });
        }
    }

    private sealed class TokenRevokeVerb : Verb
    {
        public TokenRevokeVerb(Terminal terminal)
            : base(terminal, "revoke", "Revoke a join token; nodes that joined with it stay.")
        {
            var id = new Argument<string>("id") { Description = "The token's id" };
            Add(id);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                await client.JsonAsync(HttpMethod.Delete, $"admin/v1/join-tokens/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}", null, cancellation);
                terminal.Note("revoked");
                return ExitCode.Ok;
            });
        }
    }
}
