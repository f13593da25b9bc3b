using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlUsageStore(SqlDatabase database) : IUsageStore
{
    /// <inheritdoc/>
    public async ValueTask AppendAsync(IReadOnlyCollection<UsagePosting> postings, CancellationToken cancellation) =>
        await database.WriteStatedAsync((connection, transaction) => UsageLedger.AppendAsync(connection, transaction, postings), cancellation);

    /// <inheritdoc/>
    public ValueTask<LedgerCheck> CheckAsync(DateTimeOffset? from, CancellationToken cancellation) =>
        database.ReadAsync(connection => LedgerChecks.RunAsync(connection, from?.ToColumn() ?? 0), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<UsageRow>> QueryAsync(UsageQuery query, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<UsageRow>>(async connection =>
        {
            var filter = new SqlFilter();
            filter.AddIf(true, "minute >= @from AND minute < @until");
            filter.AddIf(query.Namespace is not null, "namespace = @Namespace");
            filter.AddIf(query.KeyId is not null, "key_id = @KeyId");
            filter.AddIf(query.Model is not null, "model = @Model");
            var rows = await connection.QueryAsync<LedgerRow>(
                $"""
                SELECT minute AS Minute, namespace AS Namespace, key_id AS KeyId, model AS Model, endpoint AS Endpoint, node_id AS NodeId,
                       requests AS Requests, failed AS Failed, input_tokens AS InputTokens, output_tokens AS OutputTokens, cached_tokens AS CachedTokens,
                       images AS Images, audio_milliseconds AS AudioMilliseconds
                FROM usage {filter} ORDER BY minute, namespace, key_id, model, endpoint, node_id LIMIT @Limit
                """,
                new { from = query.From.ToColumn(), until = query.Until.ToColumn(), query.Namespace, query.KeyId, query.Model, query.Limit });
            return [.. rows.Select(static row => row.ToUsage())];
        }, cancellation);
}
