using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Batches;

/// <summary>Where batches are, and what a finished one comes to.</summary>
internal static class BatchPaths
{
    public static string Of(string id, string rest = "") => $"v1/batches/{Uri.EscapeDataString(id)}{rest}";

    public static bool IsEnd(string status) => status is "completed" or "failed" or "cancelled" or "expired";

    /// <summary>Says how a batch ended, and makes an exit code of it: success only if every request has an answer.</summary>
    public static int Report(Terminal terminal, JsonNode batch)
    {
        var (status, id) = (batch.Text("status"), batch.Text("id"));
        var failed = batch.Number("request_counts", "failed") ?? 0;
        if (status == "completed" && failed == 0) return ExitCode.Ok;
        foreach (var error in batch.Items("errors", "data"))
        {
            var line = error.Number("line") is { } number ? FormattableString.Invariant($"line {number:0}: ") : "";
            terminal.Error.WriteLine($"{line}{Table.Safe(error.Text("message"))} ({Table.Safe(error.Text("code"))})");
        }

        if (failed > 0)
        {
            terminal.Fail(
                FormattableString.Invariant($"{failed:0} of {batch.Number("request_counts", "total"):0} requests of the batch have no answer; it is {status}."),
                $"`resultity batch results {id} --status failed` shows why; `resultity batch retry {id}` runs them again.");
        }
        else
        {
            terminal.Fail($"the batch is {status}.", null);
        }

        return ExitCode.Failure;
    }
}
