using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Requests;

/// <summary><c>resultity request submit</c>.</summary>
internal sealed class RequestSubmitVerb : Verb
{
    private readonly Option<string> _endpoint = new("--endpoint", "-e") { Description = "What to compute", HelpName = "path", DefaultValueFactory = _ => "/v1/chat/completions" };
    private readonly Option<string?> _body = new("--body", "-b") { Description = "A file with the request's JSON; - is standard input", HelpName = "file" };
    private readonly Option<string?> _prompt = new("--prompt", "-p") { Description = "Makes the request's JSON from a text", HelpName = "text" };
    private readonly Option<string?> _model = new("--model", "-m") { Description = "The model [default: the body's, or the first that serves the endpoint]", HelpName = "name" };
    private readonly Option<int?> _retention = new("--retention") { Description = "Keep the result so long; 0 until it is read once [default: a day]", HelpName = "seconds" };
    private readonly Option<string?> _cancelAfter = new("--cancel-after") { Description = "Give up if it has not finished by then, such as 90s", HelpName = "duration" };
    private readonly Option<string?> _idempotencyKey = new("--idempotency-key") { Description = "Makes submitting again safe: the same key is the same request", HelpName = "key" };
    private readonly Option<bool> _wait = new("--wait", "-w") { Description = "Wait and print the result; Ctrl-C cancels the request" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the request object instead of its id" };
    private readonly ConnectionOptions _connection;

    public RequestSubmitVerb(Terminal terminal)
        : base(terminal, "submit", "Submit a request; prints its id once it is stored durably.")
    {
        foreach (var option in (Option[])[_endpoint, _body, _prompt, _model, _retention, _cancelAfter, _idempotencyKey, _wait, _json]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Examples =
        [
            ("resultity request submit --prompt \"Tell me a story\"", "a chat completion from a text"),
            ("resultity request submit --endpoint /v1/embeddings --body inputs.json --wait", "any endpoint's JSON; waits and prints the result"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var endpoint = "/" + parsed.GetRequiredValue(_endpoint).TrimStart('/');
        var body = await BodyAsync(parsed, endpoint, cancellation);
        using var client = _connection.Open(parsed);
        if (parsed.GetValue(_model) is { } model) body["model"] = model;
        body["model"] ??= await ModelChoice.FirstAsync(client, endpoint, cancellation);

        List<(string, string)> headers = [("Prefer", "respond-async")];
        if (parsed.GetValue(_retention) is { } retention) headers.Add(("Resultity-Retention", retention.ToString(CultureInfo.InvariantCulture)));
        if (parsed.GetValue(_cancelAfter) is { } cancelAfter) headers.Add(("Cancel-After", cancelAfter));
        if (parsed.GetValue(_idempotencyKey) is { } idempotencyKey) headers.Add(("Idempotency-Key", idempotencyKey));
        var request = await client.JsonAsync(HttpMethod.Post, endpoint[1..], body, cancellation, [.. headers]);
        var id = request.Text("id");
        if (!parsed.GetValue(_wait))
        {
            if (parsed.GetValue(_json)) Terminal.WriteJson(request);
            else Terminal.Out.WriteLine(Table.Safe(id));
            return ExitCode.Ok;
        }

        Terminal.Note(id);
        var end = await RequestWait.HoldAsync(client, Terminal, id, cancellation);
        if (end.Text("status") != "completed") return RequestOutcome.Report(Terminal, end);
        await RequestOutcome.WriteResultAsync(client, Terminal, id, cancellation);
        return ExitCode.Ok;
    }

    private async Task<JsonObject> BodyAsync(ParseResult parsed, string endpoint, CancellationToken cancellation)
    {
        var (file, prompt) = (parsed.GetValue(_body), parsed.GetValue(_prompt));
        if (file is null == prompt is null)
        {
            throw new CliException(ExitCode.Usage, "give either --body or --prompt.", "For example: resultity request submit --prompt \"Hello\"");
        }

        if (prompt is not null) return FromPrompt(endpoint, prompt);
        var text = file == "-" ? await Terminal.In.ReadToEndAsync(cancellation) : await File.ReadAllTextAsync(file!, cancellation);
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is not an object.");
        }
        catch (JsonException wrong)
        {
            throw new CliException(ExitCode.Usage, $"{(file == "-" ? "standard input" : file)} is not a JSON object: {wrong.Message}");
        }
    }

    private static JsonObject FromPrompt(string endpoint, string prompt) => endpoint switch
    {
        "/v1/chat/completions" => new() { ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }) },
        "/v1/completions" => new() { ["prompt"] = prompt },
        "/v1/embeddings" or "/v1/responses" => new() { ["input"] = prompt },
        _ => throw new CliException(ExitCode.Usage, $"--prompt does not know the shape of {endpoint}.", "Give the request's JSON with --body."),
    };
}
