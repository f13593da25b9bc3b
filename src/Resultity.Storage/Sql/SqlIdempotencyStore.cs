using System.Data.Common;
using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <inheritdoc/>
internal sealed class SqlIdempotencyStore(SqlDatabase database, IBlobStore blobs) : IIdempotencyStore
{
    /// <summary>The latest claim, as long as it has no answer. The identifier is part of it, since a key that was given up is counted from 1 again.</summary>
    private const string IsLatest = "namespace = @Namespace AND key = @Key AND request_id = @RequestId AND attempt = @Attempt AND status IS NULL";

    private readonly JobPayloads _payloads = new(blobs);

    /// <inheritdoc/>
    public async ValueTask<KeyClaimOutcome> ClaimAsync(
        KeyedRequest request, string owner, DateTimeOffset now, DateTimeOffset leaseUntil, DateTimeOffset expiresAt, CancellationToken cancellation)
    {
        var isNew = await database.WriteStatedAsync(async (connection, transaction) => await connection.ExecuteAsync(
            """
            INSERT INTO idempotency_keys (namespace, key, fingerprint, request_id, attempt, expires_at, owner, lease_until)
            VALUES (@Namespace, @Key, @Fingerprint, @RequestId, 1, @expires, @owner, @lease)
            ON CONFLICT (namespace, key) DO NOTHING
            """,
            new { request.Namespace, request.Key, request.Fingerprint, request.RequestId, expires = expiresAt.ToColumn(), owner, lease = leaseUntil.ToColumn() },
            transaction) == 1, cancellation);
        if (isNew)
        {
            return new KeyClaimOutcome(new KeyClaim(request.Namespace, request.Key, request.RequestId, 1));
        }

        var (claim, row) = await database.WriteAsync(
            (connection, transaction) => TakeOverAsync(connection, transaction, request, owner, now, leaseUntil, expiresAt), cancellation);
        if (claim is not null)
        {
            return new KeyClaimOutcome(claim);
        }

        if (row is null || row.Fingerprint != request.Fingerprint)
        {
            return new KeyClaimOutcome(IsReused: row is not null);
        }

        // An answer whose blob has just been swept has expired: the caller comes again and claims.
        return row.Status is { } status && await _payloads.LoadAsync(new(row.Bytes, row.Blob), cancellation) is { } body
            ? new KeyClaimOutcome(Answer: new KeptAnswer(status, row.Headers.ToHeaders(), body))
            : new KeyClaimOutcome();
    }

    /// <inheritdoc/>
    public async ValueTask<bool> FinishAsync(KeyClaim claim, KeptAnswer answer, UsagePosting cost, CancellationToken cancellation)
    {
        var payload = await _payloads.StoreAsync(answer.Body, cancellation);
        var recorded = false;
        try
        {
            recorded = await database.WriteStatedAsync(async (connection, transaction) =>
            {
                var updated = await connection.ExecuteAsync(
                    $"UPDATE idempotency_keys SET status = @Status, headers = @headers, bytes = @Bytes, blob = @Blob, owner = NULL, lease_until = NULL WHERE {IsLatest}",
                    new { claim.Namespace, claim.Key, claim.RequestId, claim.Attempt, answer.Status, headers = answer.Headers.ToColumn(), payload.Bytes, payload.Blob },
                    transaction);
                if (updated == 1)
                {
                    await UsageLedger.AppendAsync(connection, transaction, [cost]);
                }

                return updated == 1;
            }, cancellation);
        }
        finally
        {
            await _payloads.DeleteAsync(recorded ? [] : [payload.Blob]);
        }

        return recorded;
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReleaseAsync(KeyClaim claim, UsagePosting cost, CancellationToken cancellation) =>
        database.WriteStatedAsync(async (connection, transaction) =>
        {
            var released = await connection.ExecuteAsync($"DELETE FROM idempotency_keys WHERE {IsLatest}", claim, transaction) == 1;
            if (released)
            {
                await UsageLedger.AppendAsync(connection, transaction, [cost]);
            }

            return released;
        }, cancellation);

    /// <inheritdoc/>
    public async ValueTask RenewAsync(string owner, DateTimeOffset leaseUntil, CancellationToken cancellation)
    {
        // A gateway without such requests, the usual case, writes nothing.
        if (await database.ReadAsync(connection => connection.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM (SELECT 1 FROM idempotency_keys WHERE owner = @owner LIMIT 1) held", new { owner }), cancellation) > 0)
        {
            await database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
                "UPDATE idempotency_keys SET lease_until = @lease WHERE owner = @owner", new { owner, lease = leaseUntil.ToColumn() }, transaction), cancellation);
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> EndLeasesAsync(string owner, CancellationToken cancellation) =>
        database.WriteAsync((connection, transaction) => connection.ExecuteAsync(
            "UPDATE idempotency_keys SET owner = NULL, lease_until = NULL WHERE owner = @owner", new { owner }, transaction), cancellation);

    /// <inheritdoc/>
    public async ValueTask<int> DeleteExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        var (count, dropped) = await database.WriteAsync<(int, List<string?>)>(async (connection, transaction) =>
        {
            var rows = (await connection.QueryAsync<Row>(
                """
                SELECT namespace AS Namespace, key AS Key, blob AS Blob FROM idempotency_keys
                WHERE expires_at <= @now AND (lease_until IS NULL OR lease_until <= @now) ORDER BY expires_at LIMIT @limit
                """,
                new { now = now.ToColumn(), limit }, transaction)).AsList();
            await connection.ExecuteAsync("DELETE FROM idempotency_keys WHERE namespace = @Namespace AND key = @Key", rows, transaction);
            return (rows.Count, [.. rows.Select(static row => row.Blob)]);
        }, cancellation);
        await _payloads.DeleteAsync(dropped);
        return count;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<string>> OwnedBlobsAsync(IReadOnlyCollection<string> names, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlySet<string>>(async connection => (await connection.QueryAsync<string>(
            "SELECT blob FROM idempotency_keys WHERE blob IN @names", new { names })).ToHashSet(StringComparer.Ordinal), cancellation);

    private static async Task<(KeyClaim? Claim, Row? Row)> TakeOverAsync(
        DbConnection connection, DbTransaction transaction, KeyedRequest request, string owner, DateTimeOffset now, DateTimeOffset leaseUntil, DateTimeOffset expiresAt)
    {
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT fingerprint AS Fingerprint, request_id AS RequestId, attempt AS Attempt, expires_at AS ExpiresAt, owner AS Owner, lease_until AS LeaseUntil,
                   status AS Status, headers AS Headers, bytes AS Bytes, blob AS Blob
            FROM idempotency_keys WHERE namespace = @Namespace AND key = @Key
            """,
            request, transaction);
        var at = now.ToColumn();
        // A process asks once at a time: a claim of its own that it asks for again is one that it could not settle.
        if (row is null || (row.LeaseUntil > at && row.Owner != owner))
        {
            return (null, row);
        }

        var isNew = row.ExpiresAt <= at;
        if (!isNew && (row.Status is not null || row.Fingerprint != request.Fingerprint))
        {
            return (null, row);
        }

        // What has expired counts as never seen; its blob has no owner from now on and is swept.
        var claim = isNew ? new KeyClaim(request.Namespace, request.Key, request.RequestId, 1) : new KeyClaim(request.Namespace, request.Key, row.RequestId, row.Attempt + 1);
        var taken = await connection.ExecuteAsync(
            """
            UPDATE idempotency_keys SET fingerprint = @Fingerprint, request_id = @id, attempt = @attempt, owner = @owner, lease_until = @lease,
                expires_at = @expires, status = NULL, headers = NULL, bytes = NULL, blob = NULL
            WHERE namespace = @Namespace AND key = @Key AND request_id = @oldId AND attempt = @oldAttempt AND (lease_until IS NULL OR lease_until <= @at OR owner = @owner)
            """,
            new
            {
                request.Namespace,
                request.Key,
                request.Fingerprint,
                id = claim.RequestId,
                attempt = claim.Attempt,
                owner,
                lease = leaseUntil.ToColumn(),
                expires = isNew ? expiresAt.ToColumn() : row.ExpiresAt,
                oldId = row.RequestId,
                oldAttempt = row.Attempt,
                at,
            },
            transaction);
        return taken == 1 ? (claim, null) : (null, null);
    }

    private sealed class Row
    {
        public string Namespace { get; init; } = "";
        public string Key { get; init; } = "";
        public string Fingerprint { get; init; } = "";
        public string RequestId { get; init; } = "";
        public int Attempt { get; init; }
        public long ExpiresAt { get; init; }
        public string? Owner { get; init; }
        public long? LeaseUntil { get; init; }
        public int? Status { get; init; }
        public string? Headers { get; init; }
        public byte[]? Bytes { get; init; }
        public string? Blob { get; init; }
    }
}
