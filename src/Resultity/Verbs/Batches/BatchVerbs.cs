using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Batches;

/// <summary>A verb about one batch.</summary>
internal abstract class OneBatchVerb : Verb
{
    private readonly Argument<string> _id = new("id") { Description = "The batch's id (batch_…)" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the batch object" };
    private readonly ConnectionOptions _connection;

    protected OneBatchVerb(Terminal terminal, string name, string description)
        : base(terminal, name, description)
    {
        Add(_id);
        Add(_json);
        _connection = new ConnectionOptions(this, terminal);
        Runs(async (parsed, cancellation) =>
        {
            using var client = _connection.Open(parsed);
            return await RunAsync(client, parsed, parsed.GetRequiredValue(_id), parsed.GetValue(_json), cancellation);
        });
    }

    protected abstract Task<int> RunAsync(ApiClient client, ParseResult parsed, string id, bool json, CancellationToken cancellation);

    protected void Write(JsonNode batch, bool json)
    {
        if (json) Terminal.WriteJson(batch);
        else Terminal.Out.WriteLine(Table.Safe(batch.Text("status")));
    }
}

/// <summary><c>resultity batch show</c>.</summary>
internal sealed class BatchShowVerb(Terminal terminal) : OneBatchVerb(terminal, "show", "Show where a batch has got to.")
{
    protected override async Task<int> RunAsync(ApiClient client, ParseResult parsed, string id, bool json, CancellationToken cancellation)
    {
        var batch = await client.JsonAsync(HttpMethod.Get, BatchPaths.Of(id), null, cancellation);
        if (json)
        {
            Terminal.WriteJson(batch);
            return ExitCode.Ok;
        }

        List<string[]> rows =
        [
            ["id", batch.Text("id")], ["status", batch.Text("status")], ["endpoint", batch.Text("endpoint")], ["model", batch.Text("model")],
            ["requests", $"{batch.Text("request_counts", "total")}, {batch.Text("request_counts", "completed")} completed, {batch.Text("request_counts", "failed")} failed"],
            ["tokens", $"{batch.Text("usage", "input_tokens")} in, {batch.Text("usage", "output_tokens")} out"],
            ["created", batch.When("created_at")], ["expires", batch.When("expires_at")],
            ["input", batch.Text("input_file_id")], ["output", batch.Text("output_file_id")], ["errors", batch.Text("error_file_id")], ["retry of", batch.Text("retry_of")],
        ];
        if (batch.Number("progress", "eta", "p50_seconds") is { } left) rows.Add(["left", TimeSpan.FromSeconds(left).ToString("g", null)]);
        foreach (var error in batch.Items("errors", "data")) rows.Add(["error", $"line {error.Text("line")}: {error.Text("message")}"]);
        foreach (var row in rows.Where(static row => row[1].Length > 0)) Terminal.Out.WriteLine($"{row[0],-9} {Table.Safe(row[1])}");
        return ExitCode.Ok;
    }
}

/// <summary><c>resultity batch watch</c>.</summary>
internal sealed class BatchWatchVerb(Terminal terminal) : OneBatchVerb(terminal, "watch", "Wait until a batch has ended, with a bar; Ctrl-C stops waiting, not the batch.")
{
    protected override async Task<int> RunAsync(ApiClient client, ParseResult parsed, string id, bool json, CancellationToken cancellation)
    {
        var batch = await BatchWatch.RunAsync(client, Terminal, id, cancellation);
        Write(batch, json);
        return BatchPaths.Report(Terminal, batch);
    }
}

/// <summary><c>resultity batch cancel</c>.</summary>
internal sealed class BatchCancelVerb(Terminal terminal) : OneBatchVerb(terminal, "cancel", "Cancel a batch; what is done stays and can be fetched. Safe to repeat.")
{
    protected override async Task<int> RunAsync(ApiClient client, ParseResult parsed, string id, bool json, CancellationToken cancellation)
    {
        Write(await client.JsonAsync(HttpMethod.Post, BatchPaths.Of(id, "/cancel"), null, cancellation), json);
        return ExitCode.Ok;
    }
}

/// <summary><c>resultity batch retry</c>.</summary>
internal sealed class BatchRetryVerb : OneBatchVerb
{
    private readonly Option<bool> _wait = new("--wait", "-w") { Description = "Wait with a bar and print the results; Ctrl-C stops waiting, not the batch" };

    public BatchRetryVerb(Terminal terminal)
        : base(terminal, "retry", "Run the failed requests of a batch that has ended again, as a new batch; prints its id.") => Add(_wait);

    protected override async Task<int> RunAsync(ApiClient client, ParseResult parsed, string id, bool json, CancellationToken cancellation)
    {
        var batch = await client.JsonAsync(HttpMethod.Post, BatchPaths.Of(id, "/retry"), null, cancellation);
        return await BatchStart.ShowAsync(client, Terminal, batch, parsed.GetValue(_wait), json, cancellation);
    }
}
