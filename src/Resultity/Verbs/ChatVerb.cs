using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using Resultity.Chat;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs;

/// <summary><c>resultity chat</c>: talk to a model, interactively or once.</summary>
internal sealed class ChatVerb : Verb
{
    private readonly Argument<string[]> _prompt = new("prompt") { Description = "What to ask; without it, an interactive chat", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _model = new("--model", "-m") { Description = "The model [default: the first that can chat]", HelpName = "name" };
    private readonly Option<string[]> _models = new("--models") { Description = "Several models, with commas between", HelpName = "names" };
    private readonly Option<string> _mode = new("--mode") { Description = "With --models: what they do with the question", HelpName = "mode", DefaultValueFactory = _ => "all" };
    private readonly Option<string?> _judge = new("--judge") { Description = "With --mode judge: the model that judges", HelpName = "model" };
    private readonly Option<string?> _system = new("--system", "-s") { Description = "The system message", HelpName = "text" };
    private readonly Option<double?> _temperature = new("--temperature") { Description = "0 is the same answer each time; higher is more varied", HelpName = "0-2" };
    private readonly Option<int?> _maxTokens = new("--max-tokens") { Description = "The most tokens of answer", HelpName = "count" };
    private readonly Option<int?> _seed = new("--seed") { Description = "Makes sampling repeatable", HelpName = "number" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the whole completion object" };
    private readonly ConnectionOptions _connection;

    public ChatVerb(Terminal terminal)
        : base(terminal, "chat", "Talk to a model: interactively, or once with a prompt or standard input.")
    {
        _mode.AcceptOnlyFromAmong("all", "first", "hedge", "vote", "judge", "fallback");
        foreach (var symbol in (Option[])[_model, _models, _mode, _judge, _system, _temperature, _maxTokens, _seed, _json]) Add(symbol);
        Add(_prompt);
        _connection = new ConnectionOptions(this, terminal);
        Examples =
        [
            ("resultity chat", "an interactive chat; Ctrl-C stops an answer, Ctrl-D leaves"),
            ("resultity chat \"What colour is the sky?\"", "one answer on standard output"),
            ("resultity chat --models mistral,gemma \"What colour is the sky?\"", "what two models say, side by side"),
            ("git diff | resultity chat \"Summarise this change\"", "standard input is added to the prompt"),
            ("resultity chat --json \"Hello\" | jq -r .usage.total_tokens", "the whole completion, for scripts"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var words = parsed.GetValue(_prompt) ?? [];
        if (parsed.Tokens.All(token => token.Type != TokenType.DoubleDash) && words.FirstOrDefault(word => word.StartsWith("--", StringComparison.Ordinal)) is { } option)
        {
            throw new CliException(ExitCode.Usage, $"{option} is not an option of chat.", "To ask something that begins with two dashes, put -- before it.");
        }

        var prompt = string.Join(' ', words);
        var json = parsed.GetValue(_json);
        var interactive = prompt.Length == 0 && Terminal.InIsTerminal && !json;
        if (!interactive && !Terminal.InIsTerminal)
        {
            var piped = (await Terminal.In.ReadToEndAsync(cancellation)).Trim();
            prompt = prompt.Length == 0 ? piped : piped.Length == 0 ? prompt : prompt + "\n\n" + piped;
        }

        if (!interactive && prompt.Length == 0)
        {
            throw new CliException(ExitCode.Usage, "there is nothing to ask.", "Give a prompt, or pipe one to standard input.");
        }

        using var client = _connection.Open(parsed);
        var several = Several(parsed);
        var model = several is not null ? several.Join("models") : parsed.GetValue(_model) ?? await ModelChoice.FirstAsync(client, "/v1/chat/completions", cancellation);
        var session = new ChatSession(client, Terminal, model, parsed.GetValue(_system));
        Set(session.Settings, "multimodel", several);
        Set(session.Settings, "temperature", parsed.GetValue(_temperature));
        Set(session.Settings, "max_completion_tokens", parsed.GetValue(_maxTokens));
        Set(session.Settings, "seed", parsed.GetValue(_seed));
        if (interactive) return await new ChatLoop(session, Terminal).RunAsync(cancellation);
        if (json) Terminal.WriteJson(await session.CompleteAsync(prompt, cancellation));
        else await session.StreamAsync(prompt, cancellation);
        return ExitCode.Ok;
    }

    /// <summary>The <c>multimodel</c> object; <see langword="null"/> for one model.</summary>
    private JsonObject? Several(ParseResult parsed)
    {
        var models = (parsed.GetValue(_models) ?? []).SelectMany(static list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        if (models.Count == 0) return null;
        if (parsed.GetValue(_model) is not null) throw new CliException(ExitCode.Usage, "--model and --models cannot be given together.", "Name all models with --models.");
        var several = new JsonObject { ["mode"] = parsed.GetValue(_mode), ["models"] = new JsonArray([.. models.Select(static model => (JsonNode)model)]) };
        Set(several, "judge", parsed.GetValue(_judge));
        return several;
    }

    private static void Set(JsonObject settings, string name, JsonNode? value)
    {
        if (value is not null) settings[name] = value;
    }
}
