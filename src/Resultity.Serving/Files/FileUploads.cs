using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Files;

/// <summary>Files that arrive in parts: begun, added to in any order and in parallel, and put together at the end. Safe for concurrent use.</summary>
public sealed class FileUploads(IUploadStore uploads, IBlobStore blobs, FileLibrary library, FileRules rules, TimeProvider time)
{
    /// <summary>Begins an upload.</summary>
    /// <param name="draft">What the file is to be.</param>
    /// <param name="bytes">Its length; validated.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async ValueTask<StoredUpload> BeginAsync(FileDraft draft, long bytes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var now = time.GetUtcNow();
        var upload = new StoredUpload
        {
            Id = draft.Id ?? Id.New(StoredUpload.IdPrefix, time),
            Namespace = draft.Namespace,
            Name = FileName.Clean(draft.Name),
            Purpose = draft.Purpose,
            Bytes = bytes,
            CreatedAt = now,
            ExpiresAt = now + rules.UploadLifetime,
            FileLifetime = draft.Lifetime,
        };
        await uploads.AddAsync(upload, cancellation).ConfigureAwait(false);
        return upload;
    }

    /// <summary>Reads an upload of a namespace.</summary>
    public ValueTask<StoredUpload?> FindAsync(string @namespace, string id, CancellationToken cancellation) =>
        Id.Matches(id, StoredUpload.IdPrefix) ? uploads.GetAsync(@namespace, id, cancellation) : new((StoredUpload?)null);

    /// <summary>Reads a part of an upload.</summary>
    public async ValueTask<UploadPart?> FindPartAsync(StoredUpload upload, string id, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(upload);
        return (await uploads.PartsAsync(upload.Id, cancellation).ConfigureAwait(false)).FirstOrDefault(part => part.Id == id);
    }

    /// <summary>Adds a part.</summary>
    /// <param name="upload">A pending upload, as it was read.</param>
    /// <param name="id">The identifier that the part is to have; <see langword="null"/> makes one.</param>
    /// <param name="blob">The part's bytes as they were stored (<see cref="FileLibrary.StoreAsync"/>); discarded if the part is not added.</param>
    /// <param name="bytes">The part's length.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async ValueTask<Outcome<UploadPart>> AddPartAsync(StoredUpload upload, string? id, string blob, long bytes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(upload);
        var added = false;
        try
        {
            var part = new UploadPart(id ?? Id.New(UploadPart.IdPrefix, time), upload.Id, bytes, blob, time.GetUtcNow());
            added = await uploads.AddPartAsync(part, upload.Bytes, part.CreatedAt, cancellation).ConfigureAwait(false);
            return added ? part : await WhyNotAsync(upload, cancellation).ConfigureAwait(false);
        }
        finally
        {
            if (!added)
            {
                await library.DiscardAsync(blob).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Puts the parts together.</summary>
    /// <param name="upload">A pending upload, as it was read.</param>
    /// <param name="partIds">The parts in their order.</param>
    /// <param name="md5">The sum that the file is to have, or <see langword="null"/>.</param>
    /// <param name="cancellation">Gives up; the upload stays pending.</param>
    /// <returns>The completed upload and its file, or what is wrong.</returns>
    public async ValueTask<Outcome<(StoredUpload Upload, StoredFile File)>> CompleteAsync(
        StoredUpload upload, IReadOnlyList<string> partIds, string? md5, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(upload);
        ArgumentNullException.ThrowIfNull(partIds);
        var known = (await uploads.PartsAsync(upload.Id, cancellation).ConfigureAwait(false)).ToDictionary(static part => part.Id, StringComparer.Ordinal);
        if (partIds.Distinct(StringComparer.Ordinal).Count() != partIds.Count || partIds.Any(id => !known.ContainsKey(id)))
        {
            return Fault.Invalid("Invalid 'part_ids': each must be the identifier of a part of this upload, and no part may be named twice.", "part_ids");
        }

        var parts = partIds.Select(id => known[id]).ToList();
        var sum = parts.Sum(static part => part.Bytes);
        if (sum != upload.Bytes)
        {
            return Fault.Invalid(
                string.Create(CultureInfo.InvariantCulture, $"The parts have {sum} bytes together, but the upload was begun for {upload.Bytes} bytes."), "part_ids", "upload_size_mismatch");
        }

        return await JoinAsync(upload, parts, md5, cancellation).ConfigureAwait(false);
    }

    /// <summary>Gives up an upload.</summary>
    /// <returns>The upload as it is now, or <see langword="null"/> if there is none.</returns>
    public ValueTask<StoredUpload?> CancelAsync(string @namespace, string id, CancellationToken cancellation) =>
        uploads.CancelAsync(@namespace, id, time.GetUtcNow(), cancellation);

    /// <summary>What a client is told that wants to go on with an upload which has ended.</summary>
    public static Fault Ended(UploadStatus status) =>
        new(FaultKind.Conflict, "upload_not_pending", $"The upload is {NameOf(status)}; only a pending one takes parts and can be completed or cancelled.");

    /// <summary>The status as clients see it.</summary>
    public static string NameOf(UploadStatus status) => status switch
    {
        UploadStatus.Pending => "pending",
        UploadStatus.Completed => "completed",
        UploadStatus.Cancelled => "cancelled",
        _ => "expired",
    };

#pragma warning disable CA5351 // The API names MD5; it guards against accidents of transport, not against forgers.
    private static HashAlgorithmName TransportSum => HashAlgorithmName.MD5;
#pragma warning restore CA5351

    private async ValueTask<Outcome<(StoredUpload Upload, StoredFile File)>> JoinAsync(
        StoredUpload upload, List<UploadPart> parts, string? md5, CancellationToken cancellation)
    {
        var joined = new PieceStream(BytesAsync(parts, cancellation), cancellation);
        await using var _ = joined.ConfigureAwait(false);
        using var counted = new CountedStream(joined, upload.Bytes, md5 is null ? null : TransportSum);
        var blob = await blobs.PutAsync(counted, cancellation).ConfigureAwait(false);
        StoredUpload? done = null;
        try
        {
            if (md5 is not null && !string.Equals(md5, counted.Sum(), StringComparison.OrdinalIgnoreCase))
            {
                return Fault.Invalid("Invalid 'md5': the bytes that were uploaded have another MD5 sum. Compare the parts and their order.", "md5", "checksum_mismatch");
            }

            var draft = new FileDraft(upload.Namespace, upload.Name, upload.Purpose) { Lifetime = upload.FileLifetime };
            var file = library.Make(draft, blob, counted.Count);
            done = await uploads.CompleteAsync(upload.Id, file, rules.MaxNamespaceBytes, time.GetUtcNow(), cancellation).ConfigureAwait(false);
            return done is not null ? (done, file) : await WhyNotAsync(upload, cancellation).ConfigureAwait(false);
        }
        finally
        {
            if (done is null)
            {
                await blobs.DeleteAsync(blob, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> BytesAsync(List<UploadPart> parts, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var buffer = new byte[64 * 1024];
        foreach (var part in parts)
        {
            var stream = await blobs.OpenAsync(part.Blob, cancellation).ConfigureAwait(false) ?? throw Lost;
            await using var _ = stream.ConfigureAwait(false);
            while (await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var count)
            {
                yield return buffer.AsMemory(0, count);
            }
        }
    }

    private async ValueTask<Fault> WhyNotAsync(StoredUpload upload, CancellationToken cancellation)
    {
        var status = (await uploads.GetAsync(upload.Namespace, upload.Id, cancellation).ConfigureAwait(false))?.StatusAt(time.GetUtcNow());
        return status switch
        {
            null => Gone,
            UploadStatus.Pending => Fault.Invalid(
                string.Create(CultureInfo.InvariantCulture, $"The parts would have more bytes together than the {upload.Bytes} that the upload was begun for, or the namespace's files more than it may keep."), "data", "upload_size_exceeded"),
            { } ended => Ended(ended),
        };
    }

    // Its upload was cancelled in this moment, or somebody removed a file of the data folder.
    private static StorageException Lost => new(
        "A part of an upload is not in the blob store any more.",
        new Fault(FaultKind.Unavailable, "storage_unavailable", "A part of this upload cannot be read any more. Upload it again."));

    /// <summary>The same words for an upload of another namespace as for one that never was.</summary>
    public static Fault Gone { get; } = Fault.NotFound("There is no upload with this identifier, or it is not yours.", "upload_not_found", "upload_id");
}
