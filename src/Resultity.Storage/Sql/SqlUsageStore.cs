using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlUsageStore(SqlDatabase database) : IUsageStore
{
    /// <inheritdoc/>
    public async ValueTask AppendAsync(IReadOnlyCollection<UsageRow> rows, CancellationToken cancellation) =>
        await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            """
            INSERT INTO usage (minute, namespace, key_id, model, endpoint, node_id, requests, failed, input_tokens, output_tokens, cached_tokens)
            VALUES (@Minute, @Namespace, @KeyId, @Model, @Endpoint, @NodeId, @Requests, @Failed, @InputTokens, @OutputTokens, @CachedTokens)
            ON CONFLICT (minute, namespace, key_id, model, endpoint, node_id) DO UPDATE SET
                requests = usage.requests + excluded.requests, failed = usage.failed + excluded.failed,
                input_tokens = usage.input_tokens + excluded.input_tokens, output_tokens = usage.output_tokens + excluded.output_tokens,
                cached_tokens = usage.cached_tokens + excluded.cached_tokens
            """,
            rows.Select(static row => new
            {
                Minute = row.Minute.ToColumn(),
                row.Namespace,
                row.KeyId,
                row.Model,
                row.Endpoint,
                row.NodeId,
                row.Requests,
                row.Failed,
                row.InputTokens,
                row.OutputTokens,
                row.CachedTokens,
            }),
            transaction), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<UsageRow>> QueryAsync(UsageQuery query, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<UsageRow>>(async connection =>
        {
            var filter = new SqlFilter();
            filter.AddIf(true, "minute >= @from AND minute < @until");
            filter.AddIf(query.Namespace is not null, "namespace = @Namespace");
            filter.AddIf(query.KeyId is not null, "key_id = @KeyId");
            filter.AddIf(query.Model is not null, "model = @Model");
            var rows = await connection.QueryAsync<Row>(
                $"""
                SELECT minute AS Minute, namespace AS Namespace, key_id AS KeyId, model AS Model, endpoint AS Endpoint, node_id AS NodeId,
                       requests AS Requests, failed AS Failed, input_tokens AS InputTokens, output_tokens AS OutputTokens, cached_tokens AS CachedTokens
                FROM usage {filter} ORDER BY minute, namespace, key_id, model, endpoint, node_id LIMIT @Limit
                """,
                new { from = query.From.ToColumn(), until = query.Until.ToColumn(), query.Namespace, query.KeyId, query.Model, query.Limit });
            return [.. rows.Select(static row => row.ToUsage())];
        }, cancellation);

    private sealed class Row
    {
        public long Minute { get; init; }
        public string Namespace { get; init; } = "";
        public string KeyId { get; init; } = "";
        public string Model { get; init; } = "";
        public string Endpoint { get; init; } = "";
        public string NodeId { get; init; } = "";
        public long Requests { get; init; }
        public long Failed { get; init; }
        public long InputTokens { get; init; }
        public long OutputTokens { get; init; }
        public long CachedTokens { get; init; }

        public UsageRow ToUsage() => new()
        {
            Minute = Minute.ToTime(),
            Namespace = Namespace,
            KeyId = KeyId,
            Model = Model,
            Endpoint = Endpoint,
            NodeId = NodeId,
            Requests = Requests,
            Failed = Failed,
            InputTokens = InputTokens,
            OutputTokens = OutputTokens,
            CachedTokens = CachedTokens,
        };
    }
}
