using System.CommandLine;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Batches;

/// <summary><c>resultity batch results</c>.</summary>
internal sealed class BatchResultsVerb : Verb
{
    private readonly Argument<string> _id = new("id") { Description = "The batch's id (batch_…)" };
    private readonly Option<string?> _status = new("--status") { Description = "Only completed or only failed requests", HelpName = "completed|failed" };
    private readonly Option<string?> _after = new("--after") { Description = "Those that came behind this result (batch_req_…)", HelpName = "id" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Write to this file instead of standard output", HelpName = "file" };
    private readonly ConnectionOptions _connection;

    public BatchResultsVerb(Terminal terminal)
        : base(terminal, "results", "Print results as JSON lines, in the order in which they came; also while the batch runs.")
    {
        Add(_id);
        foreach (var option in (Option[])[_status, _after, _output]) Add(option);
        _status.AcceptOnlyFromAmong("completed", "failed");
        _connection = new ConnectionOptions(this, terminal);
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        await WriteAsync(client, Terminal, parsed.GetRequiredValue(_id), parsed.GetValue(_status), parsed.GetValue(_after), parsed.GetValue(_output), cancellation);
        return ExitCode.Ok;
    }

    /// <summary>Writes results as they come from the gateway.</summary>
    internal static async Task WriteAsync(
        ApiClient client, Terminal terminal, string id, string? status, string? after, string? output, CancellationToken cancellation)
    {
        List<string> query = [];
        if (status is not null) query.Add("status=" + Uri.EscapeDataString(status));
        if (after is not null) query.Add("after=" + Uri.EscapeDataString(after));
        using var response = await client.SendAsync(
            HttpMethod.Get, BatchPaths.Of(id, "/results") + (query.Count > 0 ? "?" + string.Join('&', query) : ""), null, cancellation);
        await using var content = await response.Content.ReadAsStreamAsync(cancellation);
        if (output is not null)
        {
            await using var file = new FileStream(output, FileMode.Create, FileAccess.Write);
            await content.CopyToAsync(file, cancellation);
            return;
        }

        using var reader = new StreamReader(content);
        while (await reader.ReadLineAsync(cancellation) is { } line) terminal.Out.WriteLine(terminal.ForTerminal(line));
    }
}
