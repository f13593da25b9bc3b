using System.Data.Common;
using Dapper;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <summary>Writes events inside the transaction of whoever records what happened.</summary>
internal static class WebhookOutbox
{
    /// <summary>Writes an event for every receiver that wants it, or for one.</summary>
    /// <returns>The deliveries' identifiers.</returns>
    public static async Task<IReadOnlyList<string>> AppendAsync(DbConnection connection, DbTransaction transaction, WebhookEvent happened, string? webhookId = null)
    {
        var receivers = webhookId is not null ? [webhookId] : (await connection.QueryAsync<string>(
            """
            SELECT id FROM webhooks
            WHERE namespace = @Namespace AND enabled = 1 AND url <> '' AND (events = '' OR (',' || events || ',') LIKE ('%,' || @Type || ',%'))
            """,
            new { happened.Namespace, happened.Type }, transaction)).AsList();
        if (happened.Url is not null)
        {
            receivers.Add(happened.Url);
        }

        if (receivers.Count == 0)
        {
            return [];
        }

        var eventId = Id.New(WebhookDelivery.EventPrefix, TimeProvider.System);
        var ids = receivers.ConvertAll(static _ => Id.New(WebhookDelivery.IdPrefix, TimeProvider.System));
        await connection.ExecuteAsync(
            """
            INSERT INTO webhook_deliveries (id, sort_key, webhook_id, namespace, event_id, type, object_id, created_at, status, attempts, next_at, lease_until)
            VALUES (@id, @sortKey, @receiver, @Namespace, @eventId, @Type, @ObjectId, @at, 'pending', 0, @at, 0)
            """,
            receivers.Select((receiver, i) => new
            {
                id = ids[i],
                sortKey = ids[i].ToSortKey(),
                receiver,
                happened.Namespace,
                eventId,
                happened.Type,
                happened.ObjectId,
                at = happened.At.ToColumn(),
            }),
            transaction);
        return ids;
    }

    /// <summary>Writes the events of jobs that have just ended.</summary>
    public static async Task JobsEndedAsync(DbConnection connection, DbTransaction transaction, IReadOnlyCollection<string> ids, DateTimeOffset at, string? ending = null)
    {
        // Only jobs that somebody may want to hear of: mostly none.
        var rows = await connection.QueryAsync<EndedRow>(
            """
            SELECT id AS Id, kind AS Kind, namespace AS Namespace, status AS Status, webhook_url AS WebhookUrl FROM jobs
            WHERE id IN @ids AND (webhook_url IS NOT NULL OR EXISTS (SELECT 1 FROM webhooks w WHERE w.namespace = jobs.namespace AND w.enabled = 1))
            """,
            new { ids }, transaction);
        foreach (var row in rows)
        {
            var isResponse = row.Kind == "response";
            var status = ending ?? (isResponse ? OfResponse(row.Status) : row.Status);
            var subject = isResponse ? "resp_" + row.Id.ToSortKey() : row.Id;
            await AppendAsync(connection, transaction, new WebhookEvent(row.Namespace, $"{(isResponse ? "response" : "request")}.{status}", subject, at, row.WebhookUrl));
        }
    }

    // OpenAI's responses know fewer endings than requests.
    private static string OfResponse(string status) => JobRow.StatusOf(status) switch
    {
        JobStatus.Aborted => "cancelled",
        JobStatus.Expired => "failed",
        _ => status,
    };

    private sealed class EndedRow
    {
        public string Id { get; init; } = "";
        public string Kind { get; init; } = "";
        public string Namespace { get; init; } = "";
        public string Status { get; init; } = "";
        public string? WebhookUrl { get; init; }
    }
}
