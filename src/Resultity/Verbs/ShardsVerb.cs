using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs;

/// <summary><c>resultity shards</c>: models that are spread over several nodes, through the admin API.</summary>
internal sealed class ShardsVerb : Verb
{
    public ShardsVerb(Terminal terminal)
        : base(terminal, "shards", "Plan, deploy and watch models that are spread over several nodes.")
    {
        Add(new ListVerb(terminal));
        Add(new ShowVerb(terminal));
        Add(new PlanVerb(terminal, "plan", "Show how a model would be spread now, or why it cannot be.", "admin/v1/shards/plan", isPlan: true));
        Add(new PlanVerb(terminal, "create", "Have a model spread over nodes, and kept so when a node is lost.", "admin/v1/shards", isPlan: false));
        Add(new RemoveVerb(terminal));
        Examples =
        [
            ("resultity shards list", "each sharded model with its state, nodes and speed"),
            ("resultity shards plan qwen3-32b --context 8192", "which layers would go where"),
            ("resultity shards create qwen3-32b --nodes 3", "over three nodes at least"),
        ];
    }

    private static void Write(Terminal terminal, JsonNode plan)
    {
        Table.Write(terminal, ["NODE", "ROLE", "LAYERS", "MEMORY MB"], [.. plan.Items("nodes").Select(node => new[]
        {
            node.Text("name"), node.Text("role"),
            node.Text("layers") == "0" ? "none" : $"{node.Text("first_layer")}-{node.Text("last_layer")}",
            ((node.Number("memory_bytes") ?? 0) / 1e6).ToString("0", CultureInfo.InvariantCulture),
        })]);
        terminal.Out.WriteLine();
        terminal.Out.WriteLine($"context {plan.Text("context_length")} tokens, {plan.Text("slots")} slots{Forecast(plan["forecast"])}");
    }

    private static string Forecast(JsonNode? forecast) =>
        (forecast?["tokens_per_second"] is { } speed ? $", forecast {speed} tokens/s" : "") + (forecast?["load_seconds"] is { } load ? $", {load} s to load" : "");

    private sealed class ListVerb : Verb
    {
        public ListVerb(Terminal terminal)
            : base(terminal, "list", "List the sharded models with their state.")
        {
            var json = new Option<bool>("--json") { Description = "Print the list object" };
            Add(json);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var list = await client.JsonAsync(HttpMethod.Get, "admin/v1/shards", null, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(list);
                    return ExitCode.Ok;
                }

                Table.Write(terminal, ["MODEL", "STATE", "NODES", "LOSSES", "REASON"], [.. list.Items("data").Select(group => new[]
                {
                    group.Text("id"), group.Text("state"), string.Join(", ", group["plan"]?.Items("nodes").Select(node => $"{node.Text("name")} {node.Text("layers")}") ?? []),
                    group.Text("losses"), group.Text("reason"),
                })]);
                return ExitCode.Ok;
            });
        }
    }

    private sealed class ShowVerb : Verb
    {
        public ShowVerb(Terminal terminal)
            : base(terminal, "show", "Show one sharded model: its plan, its state and why.")
        {
            var model = new Argument<string>("model") { Description = "The model's name" };
            var json = new Option<bool>("--json") { Description = "Print the object" };
            Add(model);
            Add(json);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var group = await client.JsonAsync(HttpMethod.Get, $"admin/v1/shards/{Uri.EscapeDataString(parsed.GetRequiredValue(model))}", null, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(group);
                    return ExitCode.Ok;
                }

                terminal.Out.WriteLine($"{Table.Safe(group.Text("id"))}: {group.Text("state")}, plan {group.Text("generation")}, lost {group.Text("losses")} times");
                if (group.Text("reason") is { Length: > 0 } reason) terminal.Out.WriteLine(Table.Safe(reason));
                if (group["plan"] is { } plan) Write(terminal, plan);
                return ExitCode.Ok;
            });
        }
    }

    private sealed class PlanVerb : Verb
    {
        public PlanVerb(Terminal terminal, string name, string description, string path, bool isPlan)
            : base(terminal, name, description)
        {
            var model = new Argument<string>("model") { Description = "The model's name, as a node offers its file with --shard-model" };
            var on = new Option<string[]>("--on") { Description = "A node to use, by name or id, and no other; repeat for more", HelpName = "node" };
            var nodes = new Option<int>("--nodes") { Description = "Over how many nodes at least", HelpName = "count", DefaultValueFactory = _ => 1 };
            var context = new Option<int?>("--context") { Description = "Tokens of prompt and answer together [default: what fits, up to 4096]", HelpName = "tokens" };
            var slots = new Option<int>("--slots") { Description = "Requests at once", HelpName = "count", DefaultValueFactory = _ => 2 };
            var json = new Option<bool>("--json") { Description = "Print the object" };
            Add(model);
            foreach (var option in (Option[])[on, nodes, context, slots, json]) Add(option);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                var body = new JsonObject { ["model"] = parsed.GetRequiredValue(model), ["min_nodes"] = parsed.GetValue(nodes), ["slots"] = parsed.GetValue(slots) };
                if (parsed.GetValue(context) is { } tokens) body["context_length"] = tokens;
                if (parsed.GetValue(on) is { Length: > 0 } names) body["nodes"] = new JsonArray([.. names.Select(node => (JsonNode)node)]);
                using var client = connection.Open(parsed);
                var answer = await client.JsonAsync(HttpMethod.Post, path, body, cancellation);
                if (parsed.GetValue(json)) terminal.WriteJson(answer);
                else if (isPlan) Write(terminal, answer);
                else terminal.Note($"deployed; `resultity shards show {parsed.GetRequiredValue(model)}` tells how it goes");
                return ExitCode.Ok;
            });
        }
    }

    private sealed class RemoveVerb : Verb
    {
        public RemoveVerb(Terminal terminal)
            : base(terminal, "remove", "Take a deployment back; a file that a node shares by itself is then spread as memory asks.")
        {
            var model = new Argument<string>("model") { Description = "The model's name" };
            Add(model);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                await client.JsonAsync(HttpMethod.Delete, $"admin/v1/shards/{Uri.EscapeDataString(parsed.GetRequiredValue(model))}", null, cancellation);
                terminal.Note("removed");
                return ExitCode.Ok;
            });
        }
    }
}
