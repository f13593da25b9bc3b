using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;
using Spectre.Console;
using Table = Resultity.Cli.Table;

namespace Resultity.Verbs.Batches;

/// <summary>Waits for a batch to end, with a bar that shows counts, failures, rate and time left.</summary>
internal static class BatchWatch
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits; an interruption leaves the batch running.</summary>
    public static async Task<JsonNode> RunAsync(ApiClient client, Terminal terminal, string id, CancellationToken cancellation)
    {
        try
        {
            if (!terminal.ErrorIsTerminal) return await PollAsync(client, terminal, id, null, cancellation);
            return await terminal.Progress().Progress()
                .AutoClear(true)
                .Columns(new SpinnerColumn(), new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn(), new ElapsedTimeColumn())
                .StartAsync(context => PollAsync(client, terminal, id, context.AddTask("waiting", maxValue: 1), cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            terminal.Note($"The batch runs on; `resultity batch watch {id}` goes on waiting, `resultity batch cancel {id}` stops it.");
            throw;
        }
    }

    private static async Task<JsonNode> PollAsync(ApiClient client, Terminal terminal, string id, ProgressTask? bar, CancellationToken cancellation)
    {
        var (saidStatus, saidTenths) = ("", -1);
        while (true)
        {
            var batch = await client.JsonAsync(HttpMethod.Get, BatchPaths.Of(id), null, cancellation);
            var status = batch.Text("status");
            if (BatchPaths.IsEnd(status)) return batch;
            var (done, total) = (Count(batch, "completed") + Count(batch, "failed"), Count(batch, "total"));
            var fraction = total > 0 ? done / total : 0;
            if (bar is not null)
            {
                bar.Description = Markup.Escape(Describe(batch, status));
                bar.IsIndeterminate = total == 0;
                bar.Value = fraction;
            }
            else if (status != saidStatus || (int)(fraction * 10) > saidTenths)
            {
                (saidStatus, saidTenths) = (status, (int)(fraction * 10));
                terminal.Note(Describe(batch, status));
            }

            await Task.Delay(LookEvery, terminal.Time, cancellation);
        }
    }

    private static string Describe(JsonNode batch, string status)
    {
        var text = FormattableString.Invariant($"{Table.Safe(status)} {Count(batch, "completed") + Count(batch, "failed"):0}/{Count(batch, "total"):0}");
        if (Count(batch, "failed") is > 0 and var failed) text += FormattableString.Invariant($", {failed:0} failed");
        if (batch.Number("progress", "requests_per_second") is { } rate) text += FormattableString.Invariant($", {rate:0.#}/s");
        if (batch.Number("progress", "eta", "p50_seconds") is { } left) text += $", {TimeSpan.FromSeconds(left):g} left";
        return text;
    }

    private static double Count(JsonNode batch, string which) => batch.Number("request_counts", which) ?? 0;
}
