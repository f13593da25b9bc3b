using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Requests;

/// <summary>What a finished request comes to, for people and for exit codes.</summary>
internal static class RequestOutcome
{
    public static string Path(string id, string rest = "") => $"v1/requests/{Uri.EscapeDataString(id)}{rest}";

    public static bool IsEnd(string status) => status is "completed" or "failed" or "cancelled" or "aborted" or "expired";

    /// <summary>Says how a request ended, and makes an exit code of it.</summary>
    public static int Report(Terminal terminal, JsonNode request)
    {
        var status = request.Text("status");
        if (status == "completed") return ExitCode.Ok;
        var reason = request.Text("error", "message");
        terminal.Fail($"the request is {status}{(reason.Length > 0 ? ": " + Table.Safe(reason) : ".")}", null);
        return ExitCode.Failure;
    }

    /// <summary>Writes the stored answer to standard output, byte for byte.</summary>
    public static async Task WriteResultAsync(ApiClient client, Terminal terminal, string id, CancellationToken cancellation)
    {
        using var response = await client.SendAsync(HttpMethod.Get, Path(id, "/response"), null, cancellation);
        terminal.Out.WriteLine((await response.Content.ReadAsStringAsync(cancellation)).TrimEnd('\n'));
    }
}
