namespace Resultity.Serving.Stores;

/// <summary>Where an upload in parts has got to.</summary>
public enum UploadStatus
{
    /// <summary>Parts can be added.</summary>
    Pending,

    /// <summary>It has become a file.</summary>
    Completed,

    /// <summary>It was given up by its client.</summary>
    Cancelled,

    /// <summary>Its time passed before it was completed.</summary>
    Expired,
}

/// <summary>A file that arrives in parts.</summary>
public sealed record StoredUpload
{
    /// <summary>Prefix of the identifiers of uploads.</summary>
    public const string IdPrefix = "upload_";

    /// <summary>The identifier.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>The name of the file that it becomes.</summary>
    public required string Name { get; init; }

    /// <summary>What the file is for.</summary>
    public required string Purpose { get; init; }

    /// <summary>The bytes that all parts together are to have.</summary>
    public required long Bytes { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>A pending upload ends then; what is left of it is deleted a while later.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How long the file is kept; <see langword="null"/> leaves it to the purpose.</summary>
    public TimeSpan? FileLifetime { get; init; }

    /// <summary>Where it has got to.</summary>
    public UploadStatus Status { get; init; }

    /// <summary>The file that it has become.</summary>
    public string? FileId { get; init; }

    /// <summary>The status at an instant: a pending upload whose time has passed is expired.</summary>
    public UploadStatus StatusAt(DateTimeOffset now) => Status == UploadStatus.Pending && ExpiresAt <= now ? UploadStatus.Expired : Status;
}

/// <summary>One part of an upload.</summary>
/// <param name="Id">The identifier.</param>
/// <param name="UploadId">The upload that it belongs to.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Blob">The blob that holds it.</param>
/// <param name="CreatedAt">When it was added.</param>
public sealed record UploadPart(string Id, string UploadId, long Bytes, string Blob, DateTimeOffset CreatedAt)
{
    /// <summary>Prefix of the identifiers of parts.</summary>
    public const string IdPrefix = "part_";
}

/// <summary>Uploads in parts.</summary>
/// <remarks>Safe for concurrent use. A write that has returned survives a power loss.</remarks>
public interface IUploadStore : IBlobOwner, IExpiring
{
    /// <summary>Begins an upload.</summary>
    ValueTask AddAsync(StoredUpload upload, CancellationToken cancellation);

    /// <summary>Reads an upload of a namespace.</summary>
    ValueTask<StoredUpload?> GetAsync(string @namespace, string id, CancellationToken cancellation);

    /// <summary>Adds a part whose blob exists.</summary>
    /// <param name="part">The part.</param>
    /// <param name="mostBytes">The most bytes that all parts may have together, this one included.</param>
    /// <param name="now">The time; an upload takes no parts after its own.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns><see langword="false"/> if the upload takes no more; the blob stays the caller's then.</returns>
    ValueTask<bool> AddPartAsync(UploadPart part, long mostBytes, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Reads the parts of an upload, in no order.</summary>
    ValueTask<IReadOnlyList<UploadPart>> PartsAsync(string id, CancellationToken cancellation);

    /// <summary>Makes a file of a pending upload, and deletes its parts.</summary>
    /// <param name="id">The upload.</param>
    /// <param name="file">The file, whose blob exists.</param>
    /// <param name="mostBytes">As in <see cref="IFileStore.AddAsync"/>.</param>
    /// <param name="now">The time; an upload cannot be completed after its own.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The upload as it is now if this has completed it; <see langword="null"/> if it was not pending any more, or the file is too much for the namespace. The blob stays the caller's then.</returns>
    ValueTask<StoredUpload?> CompleteAsync(string id, StoredFile file, long mostBytes, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Gives up a pending upload, and deletes its parts; in any other status it stays as it is.</summary>
    /// <returns>The upload as it is now, or <see langword="null"/> if there is none.</returns>
    ValueTask<StoredUpload?> CancelAsync(string @namespace, string id, DateTimeOffset now, CancellationToken cancellation);
}
