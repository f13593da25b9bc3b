using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Models;

/// <summary><c>resultity models compose</c>: names that stand for several models.</summary>
internal sealed class ModelComposeVerb : Verb
{
    private readonly Argument<string?> _name = new("name") { Description = "The name; without it, those that there are are listed", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> _models = new("--models", "-m") { Description = "The models, in the order of preference, with commas between; each may have fallbacks as a|b", HelpName = "names" };
    private readonly Option<string> _mode = new("--mode") { Description = "What they do with a request", HelpName = "mode", DefaultValueFactory = _ => "all" };
    private readonly Option<int?> _minSuccess = new("--min-success") { Description = "How many must answer [default: 1]", HelpName = "count" };
    private readonly Option<int?> _hedge = new("--hedge-ms") { Description = "With hedge: how long one has before the next is asked as well [default: 800]", HelpName = "ms" };
    private readonly Option<int?> _timeout = new("--timeout-ms") { Description = "How long the models have", HelpName = "ms" };
    private readonly Option<string?> _judge = new("--judge") { Description = "With judge: the model that judges", HelpName = "model" };
    private readonly Option<bool> _synthesise = new("--synthesise") { Description = "With judge: it writes an answer of its own instead of choosing one" };
    private readonly Option<string?> _by = new("--vote-by") { Description = "With vote: what makes answers the same [default: json if the request asks for JSON, else text]", HelpName = "rule" };
    private readonly Option<int?> _quorum = new("--quorum") { Description = "With vote: how many votes the winner needs [default: 1]", HelpName = "count" };
    private readonly Option<bool> _remove = new("--remove") { Description = "Take the name away" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the object" };
    private readonly ConnectionOptions _connection;

    public ModelComposeVerb(Terminal terminal)
        : base(terminal, "compose", "Give several models one name, list such names, or take one away.")
    {
        _mode.AcceptOnlyFromAmong("all", "first", "hedge", "vote", "judge", "fallback");
        _by.AcceptOnlyFromAmong("exact", "text", "json", "centroid");
        Add(_name);
        foreach (var option in (Option[])[_models, _mode, _minSuccess, _hedge, _timeout, _judge, _synthesise, _by, _quorum, _remove, _json]) Add(option);
        _connection = new ConnectionOptions(this, terminal, admin: true);
        Examples =
        [
            ("resultity models compose", "the names there are"),
            ("resultity models compose fast --models mistral,gemma --mode hedge --hedge-ms 500", "the second is asked if the first has not begun in half a second"),
            ("resultity models compose jury --models mistral,gemma,phi --mode judge --judge llama", "a fourth model chooses"),
            ("resultity models compose fast --remove", "the name is free again"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        var name = parsed.GetValue(_name);
        var models = (parsed.GetValue(_models) ?? []).SelectMany(static list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        var json = parsed.GetValue(_json);
        if (name is null)
        {
            return models.Count == 0
                ? List(await client.JsonAsync(HttpMethod.Get, "admin/v1/multimodels", null, cancellation), json)
                : throw new CliException(ExitCode.Usage, "the models have no name.", "resultity models compose NAME --models a,b");
        }

        JsonNode answer;
        if (parsed.GetValue(_remove))
        {
            answer = await client.JsonAsync(HttpMethod.Delete, "admin/v1/multimodels/" + Uri.EscapeDataString(name), null, cancellation);
            if (!json) Terminal.Note($"{Table.Safe(name)} stands for nothing now.");
        }
        else if (models.Count == 0)
        {
            throw new CliException(ExitCode.Usage, $"nothing says which models {Table.Safe(name)} stands for.", "Name them with --models a,b; or take the name away with --remove.");
        }
        else
        {
            answer = await client.JsonAsync(HttpMethod.Post, "admin/v1/multimodels", Body(parsed, name, models), cancellation);
            if (!json) Terminal.Note($"{Table.Safe(name)} stands for {Table.Safe(string.Join(", ", models))} ({answer.Text("multimodel", "mode")}).");
        }

        if (json) Terminal.WriteJson(answer);
        return ExitCode.Ok;
    }

    private JsonObject Body(ParseResult parsed, string name, List<string> models)
    {
        var body = new JsonObject { ["name"] = name, ["mode"] = parsed.GetValue(_mode), ["models"] = new JsonArray([.. models.Select(static model => (JsonNode)model)]) };
        Set(body, "min_success", parsed.GetValue(_minSuccess));
        Set(body, "hedge_ms", parsed.GetValue(_hedge));
        Set(body, "timeout_ms", parsed.GetValue(_timeout));
        Set(body, "judge", parsed.GetValue(_judge));
        Set(body, "judge_mode", parsed.GetValue(_synthesise) ? "synthesise" : null);
        var vote = new JsonObject();
        Set(vote, "by", parsed.GetValue(_by));
        Set(vote, "quorum", parsed.GetValue(_quorum));
        Set(body, "vote", vote.Count > 0 ? vote : null);
        return body;
    }

    private int List(JsonNode list, bool json)
    {
        if (json)
        {
            Terminal.WriteJson(list);
            return ExitCode.Ok;
        }

        Table.Write(Terminal, ["NAME", "MODE", "MODELS", "CREATED"], [.. list.Items("data").Select(static one => new[]
        {
            one.Text("id"),
            one.Text("multimodel", "mode"),
            string.Join(", ", one.Items("multimodel", "models").Select(static member => member is JsonObject ? member.Text("model") : member.ToString())),
            one.When("created_at"),
        })]);
        return ExitCode.Ok;
    }

    private static void Set(JsonObject body, string name, JsonNode? value)
    {
        if (value is not null) body[name] = value;
    }
}
