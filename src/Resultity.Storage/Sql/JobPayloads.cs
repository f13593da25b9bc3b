using System.Data.Common;
using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <summary>Bodies and answers of jobs: small ones in rows, large ones in blobs.</summary>
/// <remarks>
/// A blob is put before the transaction that names it and deleted after the one that drops it. A crash in between leaves a blob without an
/// owner, never an owner without a blob; a sweep finds those.
/// </remarks>
internal sealed class JobPayloads(IBlobStore blobs)
{
    /// <summary>Up to this size SQLite is faster than a file of its own, which costs a flush more (https://sqlite.org/fasterthanfs.html).</summary>
    private const int MaxInline = 16 * 1024;

    public async ValueTask<Payload> StoreAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
        bytes.Length <= MaxInline ? new Payload(bytes.ToArray(), null) : new Payload(null, await blobs.PutAsync(bytes, cancellation));

    /// <summary>Reads a payload; <see langword="null"/> if its blob was deleted meanwhile.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> LoadAsync(Payload payload, CancellationToken cancellation)
    {
        if (payload.Blob is null)
        {
            return payload.Bytes ?? [];
        }

        await using var stream = await blobs.OpenAsync(payload.Blob, cancellation);
        if (stream is null)
        {
            return null;
        }

        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    /// <summary>Deletes the blobs of payloads whose rows are gone.</summary>
    public async ValueTask DeleteAsync(IEnumerable<string?> names)
    {
        foreach (var name in names)
        {
            if (name is not null)
            {
                await blobs.DeleteAsync(name, CancellationToken.None);
            }
        }
    }

    /// <summary>Takes the bodies of jobs that will not run any more out of their rows.</summary>
    /// <returns>The blobs to delete once this is committed.</returns>
    public static async Task<List<string>> DropBodiesAsync(DbConnection connection, DbTransaction transaction, IReadOnlyCollection<string> ids)
    {
        var names = await connection.QueryAsync<string?>("DELETE FROM job_bodies WHERE id IN @ids RETURNING blob", new { ids }, transaction);
        return [.. names.OfType<string>()];
    }

    /// <summary>Deletes jobs with all that belongs to them.</summary>
    /// <returns>The blobs to delete once this is committed.</returns>
    public static async Task<List<string>> DropJobsAsync(DbConnection connection, DbTransaction transaction, IReadOnlyCollection<string> ids)
    {
        var names = (await connection.QueryAsync<string>(
            """
            SELECT blob FROM job_bodies WHERE id IN @ids AND blob IS NOT NULL
            UNION ALL
            SELECT blob FROM job_answers WHERE id IN @ids AND blob IS NOT NULL
            """,
            new { ids }, transaction)).AsList();
        await connection.ExecuteAsync("DELETE FROM jobs WHERE id IN @ids", new { ids }, transaction);
        return names;
    }

    /// <summary>A payload as it stands in a row.</summary>
    internal sealed record Payload(byte[]? Bytes, string? Blob);
}
