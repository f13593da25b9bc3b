using System.CommandLine;
using Resultity.Cli;
using Resultity.Client;
using Resultity.Verbs.Subclouds;

namespace Resultity.Verbs;

/// <summary><c>resultity subclouds</c>: parts of the network with nodes, models and features of their own, through the admin API.</summary>
internal sealed class SubcloudsVerb : Verb
{
    public const string Path = "admin/v1/subclouds";

    public SubcloudsVerb(Terminal terminal)
        : base(terminal, "subclouds", "Make subclouds, and decide which nodes are in them.")
    {
        Add(new ListVerb(terminal));
        Add(new SubcloudWriteVerb(terminal, isNew: true));
        Add(new SubcloudWriteVerb(terminal, isNew: false));
        Add(new ShowVerb(terminal));
        Add(new DeleteVerb(terminal));
        Add(new NodesVerb(terminal));
        Add(new MemberVerb(terminal, "admit", "Put a node into a subcloud, or approve one that asked.", HttpMethod.Post, "admitted"));
        Add(new MemberVerb(terminal, "remove", "Take a node out of a subcloud, or refuse it.", HttpMethod.Delete, "removed"));
        Examples =
        [
            ("resultity subclouds create lab --join semi-open --isolate --feature video", "nodes that ask wait for approval, and serve nobody else"),
            ("resultity keys create --name lab --subcloud lab", "a key that is good only under /subclouds/lab/v1"),
            ("resultity node --join https://ai.example.org --token rj_… --subcloud lab", "a node that asks to be in"),
            ("resultity subclouds admit lab NODE", "approves it"),
        ];
    }

    /// <summary>The URL of one subcloud, or of something in it.</summary>
    public static string Of(string name, string suffix = "") => $"{Path}/{Uri.EscapeDataString(name)}{suffix}";

    /// <summary>The argument that names a subcloud.</summary>
    public static Argument<string> NameArgument() => new("name") { Description = "The subcloud's name" };

    private sealed class ListVerb : Verb
    {
        public ListVerb(Terminal terminal)
            : base(terminal, "list", "List the subclouds.")
        {
            var json = new Option<bool>("--json") { Description = "Print the list object" };
            Add(json);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var list = await client.JsonAsync(HttpMethod.Get, Path, null, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(list);
                    return ExitCode.Ok;
                }

                Table.Write(terminal, ["NAME", "JOIN", "NODES", "SERVING", "PENDING", "FEATURES", "DESCRIPTION"], [.. list.Items("data").Select(subcloud => new[]
                {
                    subcloud.Text("name"), subcloud.Text("join"), subcloud.Text("nodes"), subcloud.Text("nodes_serving"), subcloud.Text("nodes_pending"),
                    string.Join(", ", subcloud.Items("features").Select(static feature => feature.GetValue<string>())), subcloud.Text("description"),
                })]);
                return ExitCode.Ok;
            });
        }
    }

    private sealed class ShowVerb : Verb
    {
        public ShowVerb(Terminal terminal)
            : base(terminal, "show", "Show one subcloud, as the admin API has it.")
        {
            var name = NameArgument();
            Add(name);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                terminal.WriteJson(await client.JsonAsync(HttpMethod.Get, Of(parsed.GetRequiredValue(name)), null, cancellation));
                return ExitCode.Ok;
            });
        }
    }

    private sealed class DeleteVerb : Verb
    {
        public DeleteVerb(Terminal terminal)
            : base(terminal, "delete", "Delete a subcloud; keys that are bound to it open nothing any more.")
        {
            var name = NameArgument();
            Add(name);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                await client.JsonAsync(HttpMethod.Delete, Of(parsed.GetRequiredValue(name)), null, cancellation);
                terminal.Note("deleted");
                return ExitCode.Ok;
            });
        }
    }

    private sealed class NodesVerb : Verb
    {
        public NodesVerb(Terminal terminal)
            : base(terminal, "nodes", "List the nodes of a subcloud, and those that wait for approval.")
        {
            var name = NameArgument();
            var json = new Option<bool>("--json") { Description = "Print the list object" };
            Add(name);
            Add(json);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var list = await client.JsonAsync(HttpMethod.Get, Of(parsed.GetRequiredValue(name), "/nodes"), null, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(list);
                    return ExitCode.Ok;
                }

                Table.Write(terminal, ["NODE", "STATE", "SERVES", "WHY NOT", "JOINED BY", "SINCE"], [.. list.Items("data").Select(node => new[]
                {
                    node.Text("id"), node.Text("state"), node["serves"]?.GetValue<bool>() == true ? "yes" : "no", node.Text("reason"), node.Text("joined_by"), node.When("since"),
                })]);
                return ExitCode.Ok;
            });
        }
    }

    private sealed class MemberVerb : Verb
    {
        public MemberVerb(Terminal terminal, string verb, string description, HttpMethod method, string done)
            : base(terminal, verb, description)
        {
            var name = NameArgument();
            var node = new Argument<string>("node") { Description = "The node's id" };
            Add(name);
            Add(node);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                await client.JsonAsync(method, Of(parsed.GetRequiredValue(name), $"/nodes/{Uri.EscapeDataString(parsed.GetRequiredValue(node))}"), null, cancellation);
                terminal.Note(done);
                return ExitCode.Ok;
            });
        }
    }
}
