using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;
using Resultity.Verbs.Files;

namespace Resultity.Verbs.Batches;

/// <summary><c>resultity batch submit</c>.</summary>
internal sealed class BatchSubmitVerb : Verb
{
    private readonly Argument<string> _file = new("file") { Description = "A file with one request per line (JSONL); - is standard input" };
    private readonly Option<string> _endpoint = new("--endpoint", "-e") { Description = "The path for requests that name no url", HelpName = "path", DefaultValueFactory = _ => "/v1/chat/completions" };
    private readonly Option<string> _window = new("--window") { Description = "How long it may take, such as 24h, 90m or 7d", HelpName = "duration", DefaultValueFactory = _ => "24h" };
    private readonly Option<string[]> _metadata = new("--metadata") { Description = "Pairs to find it by; repeat for more", HelpName = "key=value" };
    private readonly Option<bool> _wait = new("--wait", "-w") { Description = "Wait with a bar and print the results; Ctrl-C stops waiting, not the batch" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the batch object instead of its id" };
    private readonly ConnectionOptions _connection;

    public BatchSubmitVerb(Terminal terminal)
        : base(terminal, "submit", "Upload a file of requests and run it; prints the batch's id once it is stored durably.")
    {
        Add(_file);
        foreach (var option in (Option[])[_endpoint, _window, _metadata, _wait, _json]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Examples =
        [
            ("resultity batch submit requests.jsonl --wait > results.jsonl", "runs all requests and keeps the results"),
            ("make-requests | resultity batch submit - --endpoint /v1/embeddings", "requests from another program"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["endpoint"] = "/" + parsed.GetRequiredValue(_endpoint).TrimStart('/'),
            ["completion_window"] = parsed.GetRequiredValue(_window),
        };
        if (parsed.GetValue(_metadata) is { Length: > 0 } pairs) body["metadata"] = Metadata(pairs);
        using var client = _connection.Open(parsed);
        var file = await FileUpload.SendAsync(client, Terminal, parsed.GetRequiredValue(_file), "batch", null, cancellation);
        body["input_file_id"] = file.Text("id");
        var batch = await client.JsonAsync(HttpMethod.Post, "v1/batches", body, cancellation);
        return await BatchStart.ShowAsync(client, Terminal, batch, parsed.GetValue(_wait), parsed.GetValue(_json), cancellation);
    }

    private static JsonObject Metadata(IEnumerable<string> pairs)
    {
        var metadata = new JsonObject();
        foreach (var pair in pairs)
        {
            var mark = pair.IndexOf('=', StringComparison.Ordinal);
            if (mark <= 0) throw new CliException(ExitCode.Usage, $"'{pair}' is no pair.", "For example: --metadata job=nightly");
            metadata[pair[..mark]] = pair[(mark + 1)..];
        }

        return metadata;
    }
}

/// <summary>What is shown of a batch that has just been made.</summary>
internal static class BatchStart
{
    public static async Task<int> ShowAsync(ApiClient client, Terminal terminal, JsonNode batch, bool wait, bool json, CancellationToken cancellation)
    {
        var id = batch.Text("id");
        if (!wait)
        {
            if (json) terminal.WriteJson(batch);
            else terminal.Out.WriteLine(Table.Safe(id));
            return ExitCode.Ok;
        }

        terminal.Note(id);
        var end = await BatchWatch.RunAsync(client, terminal, id, cancellation);
        if (json) terminal.WriteJson(end);
        else if (end.Text("output_file_id").Length > 0) await BatchResultsVerb.WriteAsync(client, terminal, id, "completed", null, null, cancellation);
        return BatchPaths.Report(terminal, end);
    }
}
