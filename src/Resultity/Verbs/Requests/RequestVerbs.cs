using System.CommandLine;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Requests;

/// <summary>A verb about one request.</summary>
internal abstract class OneRequestVerb : Verb
{
    private readonly Argument<string> _id = new("id") { Description = "The request's id (req_…)" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the request object" };
    private readonly ConnectionOptions _connection;

    protected OneRequestVerb(Terminal terminal, string name, string description, bool json = true)
        : base(terminal, name, description)
    {
        Add(_id);
        if (json) Add(_json);
        _connection = new ConnectionOptions(this, terminal);
        Runs(async (parsed, cancellation) =>
        {
            using var client = _connection.Open(parsed);
            return await RunAsync(client, parsed.GetRequiredValue(_id), json && parsed.GetValue(_json), cancellation);
        });
    }

    protected abstract Task<int> RunAsync(ApiClient client, string id, bool json, CancellationToken cancellation);
}

/// <summary><c>resultity request status</c>.</summary>
internal sealed class RequestStatusVerb(Terminal terminal) : OneRequestVerb(terminal, "status", "Show where a request has got to.")
{
    protected override async Task<int> RunAsync(ApiClient client, string id, bool json, CancellationToken cancellation)
    {
        var request = await client.JsonAsync(HttpMethod.Get, RequestOutcome.Path(id), null, cancellation);
        if (json)
        {
            Terminal.WriteJson(request);
            return ExitCode.Ok;
        }

        List<string[]> rows = [["id", request.Text("id")], ["status", request.Text("status")], ["endpoint", request.Text("endpoint")], ["model", request.Text("model")]];
        rows.Add(["created", request.When("created_at")]);
        rows.Add(["expires", request.When("expires_at")]);
        if (request.Number("queue", "ahead") is { } ahead) rows.Add(["ahead", $"{ahead:0}"]);
        if (request.Text("error", "message") is { Length: > 0 } error) rows.Add(["error", error]);
        foreach (var attempt in request.Items("attempts")) rows.Add(["attempt", $"{attempt.Text("node")} {attempt.Text("outcome")}"]);
        foreach (var row in rows) Terminal.Out.WriteLine($"{row[0],-9} {Table.Safe(row[1])}");
        return ExitCode.Ok;
    }
}

/// <summary><c>resultity request wait</c>.</summary>
internal sealed class RequestWaitVerb(Terminal terminal) : OneRequestVerb(terminal, "wait", "Wait until a request has ended; Ctrl-C stops waiting, not the request.")
{
    protected override async Task<int> RunAsync(ApiClient client, string id, bool json, CancellationToken cancellation)
    {
        try
        {
            var request = await RequestWait.WatchAsync(client, Terminal, id, cancellation);
            if (json) Terminal.WriteJson(request);
            else Terminal.Out.WriteLine(Table.Safe(request.Text("status")));
            return RequestOutcome.Report(Terminal, request);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Terminal.Note($"The request runs on; `resultity request cancel {id}` stops it.");
            throw;
        }
    }
}

/// <summary><c>resultity request result</c>.</summary>
internal sealed class RequestResultVerb(Terminal terminal) : OneRequestVerb(terminal, "result", "Print a finished request's answer as the synchronous call would have given it.", json: false)
{
    protected override async Task<int> RunAsync(ApiClient client, string id, bool json, CancellationToken cancellation)
    {
        await RequestOutcome.WriteResultAsync(client, Terminal, id, cancellation);
        return ExitCode.Ok;
    }
}

/// <summary><c>resultity request cancel</c>.</summary>
internal sealed class RequestCancelVerb(Terminal terminal) : OneRequestVerb(terminal, "cancel", "Cancel a request; safe to repeat.")
{
    protected override async Task<int> RunAsync(ApiClient client, string id, bool json, CancellationToken cancellation)
    {
        var request = await client.JsonAsync(HttpMethod.Post, RequestOutcome.Path(id, "/cancel"), null, cancellation);
        if (json) Terminal.WriteJson(request);
        else Terminal.Out.WriteLine(Table.Safe(request.Text("status")));
        return ExitCode.Ok;
    }
}
