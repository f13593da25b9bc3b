using System.Data.Common;
using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlWebhookStore(SqlDatabase database) : IWebhookStore
{
    /// <summary>Rows that are looked at to find deliveries for several receivers.</summary>
    private const int Window = 200;

    private const string Select = """
        SELECT id AS Id, namespace AS Namespace, url AS Url, description AS Description, events AS Events, enabled AS Enabled,
               disabled_reason AS DisabledReason, secret AS Secret, old_secret AS OldSecret, old_valid_until AS OldValidUntil, created_at AS CreatedAt
        FROM webhooks
        """;

    private const string SelectDelivery = """
        SELECT id AS Id, webhook_id AS WebhookId, namespace AS Namespace, event_id AS EventId, type AS Type, object_id AS ObjectId, created_at AS CreatedAt,
               status AS Status, attempts AS Attempts, next_at AS NextAt, response_status AS ResponseStatus, error AS Error
        FROM webhook_deliveries
        """;

    /// <inheritdoc/>
    public async ValueTask PutAsync(Webhook webhook, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            """
            INSERT INTO webhooks (id, sort_key, namespace, url, description, events, enabled, disabled_reason, secret, old_secret, old_valid_until, created_at)
            VALUES (@Id, @sortKey, @Namespace, @Url, @Description, @events, @enabled, @DisabledReason, @Secret, @OldSecret, @oldValidUntil, @createdAt)
            ON CONFLICT (id) DO UPDATE SET url = excluded.url, description = excluded.description, events = excluded.events, enabled = excluded.enabled,
                disabled_reason = excluded.disabled_reason, secret = excluded.secret, old_secret = excluded.old_secret, old_valid_until = excluded.old_valid_until
            """,
            new
            {
                webhook.Id,
                sortKey = webhook.Id.ToSortKey(),
                webhook.Namespace,
                webhook.Url,
                webhook.Description,
                events = string.Join(',', webhook.Events),
                enabled = webhook.IsEnabled ? 1 : 0,
                webhook.DisabledReason,
                webhook.Secret,
                webhook.OldSecret,
                oldValidUntil = webhook.OldValidUntil.ToColumn(),
                createdAt = webhook.CreatedAt.ToColumn(),
            },
            transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<Webhook?> GetAsync(string @namespace, string id, CancellationToken cancellation) =>
        database.ReadAsync(async connection => (await connection.QuerySingleOrDefaultAsync<Row>(
            Select + " WHERE id = @id AND namespace = @namespace", new { id, @namespace }))?.ToWebhook(), cancellation);

    /// <inheritdoc/>
    public ValueTask<Page<Webhook>> ListAsync(string @namespace, PageQuery page, CancellationToken cancellation) =>
        database.ReadAsync(async connection =>
        {
            var sql = new SqlFilter();
            sql.AddIf(true, "namespace = @namespace AND url <> ''");
            sql.AddPage("sort_key", page);
            var rows = (await connection.QueryAsync<Row>(Select + sql, new { @namespace, after = page.After?.ToSortKey(), limit = page.Limit + 1L })).AsList();
            return rows.ToPage(page, static row => row.ToWebhook());
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string @namespace, string id, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync("DELETE FROM webhook_deliveries WHERE namespace = @namespace AND webhook_id = @id", new { @namespace, id }, transaction);
            return await connection.ExecuteAsync("DELETE FROM webhooks WHERE id = @id AND namespace = @namespace", new { @namespace, id }, transaction) == 1;
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> EnqueueAsync(WebhookEvent happened, string? webhookId, CancellationToken cancellation) =>
        database.WriteAsync((connection, transaction) => WebhookOutbox.AppendAsync(connection, transaction, happened, webhookId), cancellation);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<WebhookDelivery>> TakeAsync(
        DateTimeOffset now, DateTimeOffset leaseUntil, int count, int perWebhook, IReadOnlyCollection<string> busy, CancellationToken cancellation)
    {
        var at = now.ToColumn();

        // A gateway without webhooks, the usual case, writes nothing.
        if ((await database.ReadAsync(connection => DueAsync(connection, null, at, busy), cancellation)).Count == 0)
        {
            return [];
        }

        return await database.WriteAsync<IReadOnlyList<WebhookDelivery>>(async (connection, transaction) =>
        {
            var due = await DueAsync(connection, transaction, at, busy);
            var ids = due.GroupBy(static row => row.WebhookId).SelectMany(rows => rows.Take(perWebhook)).Take(count).Select(static row => row.Id).ToList();
            if (ids.Count == 0)
            {
                return [];
            }

            await connection.ExecuteAsync(
                "UPDATE webhook_deliveries SET lease_until = @lease, attempts = attempts + 1 WHERE id IN @ids AND status = 'pending' AND lease_until <= @at",
                new { ids, lease = leaseUntil.ToColumn(), at }, transaction);
            var rows = await connection.QueryAsync<DeliveryRow>(SelectDelivery + " WHERE id IN @ids", new { ids }, transaction);
            return [.. rows.Select(static row => row.ToDelivery())];
        }, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask RecordAsync(WebhookDelivery delivery, WebhookOutcome outcome, DateTimeOffset deleteAt, CancellationToken cancellation) =>
        await database.WriteAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                """
                UPDATE webhook_deliveries SET status = @status, response_status = @response, error = @Error, next_at = @next, lease_until = 0, delete_at = @deleteAt
                WHERE id = @Id AND attempts = @Attempts AND status = 'pending'
                """,
                new
                {
                    delivery.Id,
                    delivery.Attempts,
                    status = outcome.Error is null ? "delivered" : outcome.RetryAt is null ? "failed" : "pending",
                    response = outcome.Status,
                    outcome.Error,
                    next = (outcome.RetryAt ?? delivery.NextAt).ToColumn(),
                    deleteAt = outcome.Error is not null && outcome.RetryAt is not null ? null : (long?)deleteAt.ToColumn(),
                },
                transaction);
            return outcome.IsGone
                ? await connection.ExecuteAsync(
                    "UPDATE webhooks SET enabled = 0, disabled_reason = 'The receiver answered 410 Gone.' WHERE id = @WebhookId AND namespace = @Namespace",
                    new { delivery.WebhookId, delivery.Namespace }, transaction)
                : 0;
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<WebhookDelivery?> GetDeliveryAsync(string @namespace, string id, CancellationToken cancellation) =>
        database.ReadAsync(connection => GetDeliveryAsync(connection, null, @namespace, id), cancellation);

    /// <inheritdoc/>
    public ValueTask<Page<WebhookDelivery>> ListDeliveriesAsync(string @namespace, string webhookId, PageQuery page, CancellationToken cancellation) =>
        database.ReadAsync(async connection =>
        {
            var sql = new SqlFilter();
            sql.AddIf(true, webhookId.StartsWith(Webhook.DefaultPrefix, StringComparison.Ordinal)
                ? $"namespace = @namespace AND webhook_id NOT LIKE '{Webhook.IdPrefix}%'" : "namespace = @namespace AND webhook_id = @webhookId");
            sql.AddPage("sort_key", page);
            var rows = (await connection.QueryAsync<DeliveryRow>(
                SelectDelivery + sql, new { @namespace, webhookId, after = page.After?.ToSortKey(), limit = page.Limit + 1L })).AsList();
            return rows.ToPage(page, static row => row.ToDelivery());
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<WebhookDelivery?> ReplayAsync(string @namespace, string id, DateTimeOffset now, CancellationToken cancellation) =>
        database.WriteAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                """
                UPDATE webhook_deliveries SET status = 'pending', next_at = @at, lease_until = 0, delete_at = NULL, error = NULL, response_status = NULL
                WHERE id = @id AND namespace = @namespace
                """,
                new { id, @namespace, at = now.ToColumn() }, transaction);
            return await GetDeliveryAsync(connection, transaction, @namespace, id);
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> DeleteExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellation) =>
        database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE delete_at <= @now ORDER BY delete_at LIMIT @limit)",
            new { now = now.ToColumn(), limit }, transaction), cancellation);

    private static async Task<WebhookDelivery?> GetDeliveryAsync(DbConnection connection, DbTransaction? transaction, string @namespace, string id) =>
        (await connection.QuerySingleOrDefaultAsync<DeliveryRow>(
            SelectDelivery + " WHERE id = @id AND namespace = @namespace", new { id, @namespace }, transaction))?.ToDelivery();

    private static async Task<List<DeliveryRow>> DueAsync(DbConnection connection, DbTransaction? transaction, long at, IReadOnlyCollection<string> busy) =>
        (await connection.QueryAsync<DeliveryRow>(
            SelectDelivery + $" WHERE status = 'pending' AND next_at <= @at AND lease_until <= @at{(busy.Count > 0 ? " AND webhook_id NOT IN @busy" : "")} ORDER BY next_at LIMIT @window",
            new { at, busy, window = Window }, transaction)).AsList();

    private sealed class Row
    {
        public string Id { get; init; } = "";
        public string Namespace { get; init; } = "";
        public string Url { get; init; } = "";
        public string Description { get; init; } = "";
        public string Events { get; init; } = "";
        public long Enabled { get; init; }
        public string? DisabledReason { get; init; }
        public string Secret { get; init; } = "";
        public string? OldSecret { get; init; }
        public long? OldValidUntil { get; init; }
        public long CreatedAt { get; init; }

        public Webhook ToWebhook() => new()
        {
            Id = Id,
            Namespace = Namespace,
            Url = Url,
            Description = Description,
            Events = Events.Split(',', StringSplitOptions.RemoveEmptyEntries),
            IsEnabled = Enabled != 0,
            DisabledReason = DisabledReason,
            Secret = Secret,
            OldSecret = OldSecret,
            OldValidUntil = OldValidUntil.ToTime(),
            CreatedAt = CreatedAt.ToTime(),
        };
    }

    private sealed class DeliveryRow
    {
        public string Id { get; init; } = "";
        public string WebhookId { get; init; } = "";
        public string Namespace { get; init; } = "";
        public string EventId { get; init; } = "";
        public string Type { get; init; } = "";
        public string ObjectId { get; init; } = "";
        public long CreatedAt { get; init; }
        public string Status { get; init; } = "";
        public int Attempts { get; init; }
        public long NextAt { get; init; }
        public int? ResponseStatus { get; init; }
        public string? Error { get; init; }

        public WebhookDelivery ToDelivery() => new()
        {
            Id = Id,
            WebhookId = WebhookId,
            Namespace = Namespace,
            EventId = EventId,
            Type = Type,
            ObjectId = ObjectId,
            CreatedAt = CreatedAt.ToTime(),
            Status = Status,
            Attempts = Attempts,
            NextAt = NextAt.ToTime(),
            ResponseStatus = ResponseStatus,
            Error = Error,
        };
    }
}
