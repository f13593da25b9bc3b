using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;
using Resultity.Verbs.Models;

namespace Resultity.Verbs;

/// <summary><c>resultity models</c>: what can be asked, and how to get more.</summary>
internal sealed class ModelsVerb : Verb
{
    public ModelsVerb(Terminal terminal)
        : base(terminal, "models", "List and show the models of a gateway; fetch models for a node.")
    {
        Add(new ListVerb(terminal));
        Add(new ShowVerb(terminal));
        Add(new ModelPullVerb(terminal));
        Add(new ModelComposeVerb(terminal));
        Examples =
        [
            ("resultity models list", "the models that your key can use now"),
            ("resultity models compose trio --models mistral,gemma,phi --mode vote", "one name for three models, of whose answers the majority's is given"),
            ("resultity models pull HuggingFaceTB/SmolLM2-135M-Instruct", "fetch one into the local models folder"),
        ];
    }

    private sealed class ListVerb : Verb
    {
        public ListVerb(Terminal terminal)
            : base(terminal, "list", "List the models that can be used now.")
        {
            var json = new Option<bool>("--json") { Description = "Print the list object" };
            Add(json);
            var connection = new ConnectionOptions(this, terminal);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var list = await client.JsonAsync(HttpMethod.Get, "v1/models", null, cancellation);
                if (parsed.GetValue(json))
                {
                    terminal.WriteJson(list);
                    return ExitCode.Ok;
                }

                Table.Write(terminal, ["MODEL", "STATE", "NODES", "CONTEXT", "ENDPOINTS"], [.. list.Items("data").Select(model => new[]
                {
                    model.Text("id"), model.Text("ready") == "true" ? "ready" : "cold", model.Text("nodes"), model.Text("context_length"), model.Join("endpoints"),
                })]);
                return ExitCode.Ok;
            });
        }
    }

    private sealed class ShowVerb : Verb
    {
        public ShowVerb(Terminal terminal)
            : base(terminal, "show", "Show all that the gateway says of one model.")
        {
            var id = new Argument<string>("model") { Description = "The model's name" };
            var json = new Option<bool>("--json") { Description = "Print the model object" };
            Add(id);
            Add(json);
            var connection = new ConnectionOptions(this, terminal);
            Runs(async (parsed, cancellation) =>
            {
                using var client = connection.Open(parsed);
                var model = await client.JsonAsync(HttpMethod.Get, "v1/models/" + Uri.EscapeDataString(parsed.GetRequiredValue(id)), null, cancellation);
                if (parsed.GetValue(json)) terminal.WriteJson(model);
                else Describe(terminal, model, "");
                return ExitCode.Ok;
            });
        }

        private static void Describe(Terminal terminal, JsonNode model, string indent)
        {
            foreach (var (name, value) in model as JsonObject ?? [])
            {
                switch (value)
                {
                    case null:
                        break;
                    case JsonObject inner:
                        terminal.Out.WriteLine($"{indent}{Table.Safe(name)}");
                        Describe(terminal, inner, indent + "  ");
                        break;
                    case JsonArray items:
                        terminal.Out.WriteLine($"{indent}{Table.Safe(name),-16} {Table.Safe(string.Join(", ", items.Select(item => item?.ToString())))}");
                        break;
                    default:
                        terminal.Out.WriteLine($"{indent}{Table.Safe(name),-16} {Table.Safe(name == "created" ? model.When(name) : value.ToString())}");
                        break;
                }
            }
        }
    }
}
