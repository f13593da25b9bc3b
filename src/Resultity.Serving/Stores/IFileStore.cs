namespace Resultity.Serving.Stores;

/// <summary>A client's file, or one that the gateway made for it: everything but its bytes.</summary>
public sealed record StoredFile
{
    /// <summary>Prefix of the identifiers of files.</summary>
    public const string IdPrefix = "file-";

    /// <summary>The identifier; its last 26 characters sort by time.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>The name that the client gave it. Shown, and never a path.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, in the API's words.</summary>
    public required string Purpose { get; init; }

    /// <summary>Its length.</summary>
    public required long Bytes { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From then on it reads as absent and is deleted in time; <see langword="null"/> means never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The name of the blob that holds its bytes.</summary>
    public required string Blob { get; init; }
}

/// <summary>Which files are wanted.</summary>
/// <param name="Namespace">Whose files.</param>
/// <param name="Page">Which part of the list, by time of creation.</param>
public sealed record FileFilter(string Namespace, PageQuery Page)
{
    /// <summary>Only files for this purpose; <see langword="null"/> for any.</summary>
    public string? Purpose { get; init; }
}

/// <summary>The files of clients.</summary>
/// <remarks>
/// Safe for concurrent use. A write that has returned survives a power loss. A file's blob is put before its row and deleted after it; a batch
/// that still reads a deleted file's blob keeps the blob, but not the file, until it ends.
/// </remarks>
public interface IFileStore : IBlobOwner, IExpiring
{
    /// <summary>Adds a file whose blob exists.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mostBytes">The most bytes that the namespace's files may have together, this one included.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns><see langword="false"/> if it would be more; nothing is added then, and the blob stays the caller's.</returns>
    ValueTask<bool> AddAsync(StoredFile file, long mostBytes, CancellationToken cancellation);

    /// <summary>Reads a file of a namespace, unless it has expired.</summary>
    ValueTask<StoredFile?> GetAsync(string @namespace, string id, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Lists files that have not expired.</summary>
    ValueTask<Page<StoredFile>> ListAsync(FileFilter filter, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Deletes a file of a namespace with its bytes.</summary>
    ValueTask<bool> DeleteAsync(string @namespace, string id, CancellationToken cancellation);
}
