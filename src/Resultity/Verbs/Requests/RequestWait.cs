using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;
using Spectre.Console;
using Table = Resultity.Cli.Table;

namespace Resultity.Verbs.Requests;

/// <summary>Waits for a request to end, with a bar that says what it waits for.</summary>
internal static class RequestWait
{
    private const int LongPollSeconds = 20;

    /// <summary>Waits; an interruption leaves the request running.</summary>
    public static async Task<JsonNode> WatchAsync(ApiClient client, Terminal terminal, string id, CancellationToken cancellation)
    {
        var progress = terminal.Progress();
        if (!terminal.ErrorIsTerminal) return await PollAsync(client, terminal, id, null, cancellation);
        return await progress.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context => PollAsync(client, terminal, id, context.AddTask("waiting", maxValue: 1), cancellation));
    }

    /// <summary>Waits; an interruption cancels the request on the server.</summary>
    public static async Task<JsonNode> HoldAsync(ApiClient client, Terminal terminal, string id, CancellationToken cancellation)
    {
        try
        {
            return await WatchAsync(client, terminal, id, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5), terminal.Time);
            await client.JsonAsync(HttpMethod.Post, RequestOutcome.Path(id, "/cancel"), null, soon.Token);
            terminal.Note($"cancelled {id}");
            throw;
        }
    }

    private static async Task<JsonNode> PollAsync(ApiClient client, Terminal terminal, string id, ProgressTask? bar, CancellationToken cancellation)
    {
        // The first look comes at once, so that a place in the queue is seen; the others return on a change of what matters or in time.
        var seconds = 0;
        var said = "";
        while (true)
        {
            var request = await client.JsonAsync(HttpMethod.Get, RequestOutcome.Path(id, seconds == 0 ? "" : $"?wait={seconds}"), null, cancellation);
            var status = request.Text("status");
            if (RequestOutcome.IsEnd(status)) return request;
            var description = Describe(request, status);
            if (bar is not null)
            {
                bar.Description = Markup.Escape(description);
                bar.IsIndeterminate = request.Number("progress") is null;
                bar.Value = Fraction(request.Number("progress") ?? 0);
            }
            else if (description != said)
            {
                terminal.Note(description);
            }

            said = description;
            // While it waits in a queue its place changes, so it is asked for often; while it runs, only the end matters.
            seconds = status == "queued" ? 1 : bar is null ? LongPollSeconds : 2;
        }
    }

    private static double Fraction(double progress) => Math.Clamp(progress > 1 ? progress / 100 : progress, 0, 1);

    private static string Describe(JsonNode request, string status)
    {
        var text = status;
        if (request.Number("queue", "ahead") is { } ahead) text += $", {ahead:0} ahead";
        else if (request.Number("queue", "position") is { } position) text += $", position {position:0}";
        if (request.Number("queue", "eta", "p50_seconds") is { } eta) text += $", about {eta:0} s";
        if (request.Text("loading", "state") is { Length: > 0 } loading) text += $", model {Table.Safe(loading)}";
        return text;
    }
}
