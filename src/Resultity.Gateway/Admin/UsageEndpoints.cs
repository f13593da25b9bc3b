using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Serving.Metering;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Admin;

/// <summary><c>/admin/v1/usage</c>: what was used, by whom, of what. Sums over a span of time, grouped as asked.</summary>
internal sealed class UsageEndpoints(IUsageStore store, LedgerWatch ledger, TimeProvider time)
{
    private const int MostRows = 100_000;
    private const long DefaultSpan = 86400;

    private static readonly Dictionary<string, Func<UsageRow, string>> Groups = new(StringComparer.Ordinal)
    {
        ["model"] = row => row.Model,
        ["key"] = row => row.KeyId,
        ["namespace"] = row => row.Namespace,
        ["endpoint"] = row => row.Endpoint,
        ["node"] = row => row.NodeId,
        ["day"] = row => row.Minute.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    public void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/usage", GetAsync);
        admin.MapGet("/usage/check", CheckAsync);
    }

    private async Task CheckAsync(HttpContext context)
    {
        var given = context.Request.Query["from"];
        if (!Seconds(given, 0, out var from))
        {
            await AdminJson.WriteAsync(context, Fault.Invalid("Invalid 'from': expected Unix seconds, from when on the ledger is checked. Leave it out to check all of it.", "from"));
            return;
        }

        var check = await ledger.CheckAsync(from == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(from), context.RequestAborted);
        await AdminJson.WriteAsync(context, new JsonObject
        {
            ["object"] = "usage.check",
            ["balanced"] = check.IsBalanced,
            ["sums"] = check.Sums,
            ["requests"] = check.Jobs,
            ["batches"] = check.Batches,
        });
    }

    private async Task GetAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (!Seconds(query["until"], now + 60, out var until) || !Seconds(query["from"], until - DefaultSpan, out var from) || from >= until)
        {
            await AdminJson.WriteAsync(context, Fault.Invalid("Invalid 'from' or 'until': expected Unix seconds, 'from' before 'until'.", "from"));
            return;
        }

        var by = query["group_by"].ToString() is { Length: > 0 } given ? given : "model";
        if (!Groups.TryGetValue(by, out var group))
        {
            await AdminJson.WriteAsync(context, Fault.Invalid($"Invalid 'group_by': expected one of {string.Join(", ", Groups.Keys)}.", "group_by"));
            return;
        }

        var rows = await store.QueryAsync(
            new UsageQuery(DateTimeOffset.FromUnixTimeSeconds(from), DateTimeOffset.FromUnixTimeSeconds(until))
            {
                Namespace = Given(query["namespace"]),
                KeyId = Given(query["key"]),
                Model = Given(query["model"]),
                Limit = MostRows,
            },
            context.RequestAborted);
        var list = AdminJson.List(rows.GroupBy(group).OrderBy(rowsOfGroup => rowsOfGroup.Key, StringComparer.Ordinal).Select(rowsOfGroup => Sum(by, rowsOfGroup)), rows.Count == MostRows);
        list["from"] = from;
        list["until"] = until;
        await AdminJson.WriteAsync(context, list);
    }

    private static JsonObject Sum(string by, IGrouping<string, UsageRow> rows) => new()
    {
        ["object"] = "usage",
        [by] = rows.Key,
        ["requests"] = rows.Sum(row => row.Requests),
        ["failed"] = rows.Sum(row => row.Failed),
        ["input_tokens"] = rows.Sum(row => row.InputTokens),
        ["cached_tokens"] = rows.Sum(row => row.CachedTokens),
        ["output_tokens"] = rows.Sum(row => row.OutputTokens),
        ["images"] = rows.Sum(row => row.Images),
        ["audio_seconds"] = rows.Sum(row => row.AudioMilliseconds) / 1000.0,
    };

    private static string? Given(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static bool Seconds(string? text, long otherwise, out long seconds)
    {
        seconds = otherwise;
        return string.IsNullOrEmpty(text) || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) && seconds <= 253402300799);
    }
}
