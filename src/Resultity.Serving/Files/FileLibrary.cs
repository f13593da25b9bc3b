using System.Globalization;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Files;

/// <summary>A file that is open to be read.</summary>
/// <param name="File">The file.</param>
/// <param name="Content">Its bytes; can seek. Disposed of with this.</param>
public sealed record OpenFile(StoredFile File, Stream Content) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>What is to become a file.</summary>
/// <param name="Namespace">Whose it is.</param>
/// <param name="Name">The name as the client gave it; it is cleaned here.</param>
/// <param name="Purpose">One of <see cref="FilePurpose.All"/>.</param>
public sealed record FileDraft(string Namespace, string Name, string Purpose)
{
    /// <summary>The identifier that it is to have; <see langword="null"/> makes one.</summary>
    public string? Id { get; init; }

    /// <summary>How long it is kept; <see langword="null"/> leaves it to the purpose.</summary>
    public TimeSpan? Lifetime { get; init; }
}

/// <summary>The door to clients' files, for every part of the gateway that takes a file's id or makes a file. Safe for concurrent use.</summary>
public sealed class FileLibrary(IFileStore files, IBlobStore blobs, FileRules rules, TimeProvider time)
{
    /// <summary>Opens a file of a namespace by its id. The caller disposes of it.</summary>
    /// <returns><see langword="null"/> if there is none, it has expired, or it is another namespace's.</returns>
    public async ValueTask<OpenFile?> OpenAsync(string @namespace, string id, CancellationToken cancellation) =>
        await FindAsync(@namespace, id, cancellation).ConfigureAwait(false) is { } file
        && await blobs.OpenAsync(file.Blob, cancellation).ConfigureAwait(false) is { } content
            ? new OpenFile(file, content)
            : null;

    /// <summary>Reads what is known of a file of a namespace.</summary>
    public ValueTask<StoredFile?> FindAsync(string @namespace, string id, CancellationToken cancellation) =>
        Id.Matches(id, StoredFile.IdPrefix) ? files.GetAsync(@namespace, id, time.GetUtcNow(), cancellation) : new((StoredFile?)null);

    /// <summary>Lists files.</summary>
    public ValueTask<Page<StoredFile>> ListAsync(FileFilter filter, CancellationToken cancellation) => files.ListAsync(filter, time.GetUtcNow(), cancellation);

    /// <summary>Stores the bytes of a file that is not one yet: they come first, what they are for may follow.</summary>
    /// <param name="content">Read to its end; limits its own length.</param>
    /// <param name="cancellation">Gives up; nothing is kept then.</param>
    /// <returns>The blob's name. The caller hands it to <see cref="AddAsync"/> or to <see cref="DiscardAsync"/>.</returns>
    public ValueTask<string> StoreAsync(CountedStream content, CancellationToken cancellation) => blobs.PutAsync(content, cancellation);

    /// <summary>Forgets stored bytes that became no file.</summary>
    public ValueTask DiscardAsync(string blob) => blobs.DeleteAsync(blob, CancellationToken.None);

    /// <summary>Makes a file of stored bytes.</summary>
    /// <returns>The file, or why not; the bytes are discarded then.</returns>
    public async ValueTask<Outcome<StoredFile>> AddAsync(FileDraft draft, string blob, long bytes, CancellationToken cancellation)
    {
        var file = Make(draft, blob, bytes);
        var added = false;
        try
        {
            added = await files.AddAsync(file, rules.MaxNamespaceBytes, cancellation).ConfigureAwait(false);
            return added ? file : Full(rules.MaxNamespaceBytes);
        }
        finally
        {
            if (!added)
            {
                await DiscardAsync(blob).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Deletes a file of a namespace.</summary>
    public ValueTask<bool> DeleteAsync(string @namespace, string id, CancellationToken cancellation) => files.DeleteAsync(@namespace, id, cancellation);

    /// <summary>The file that stored bytes would become, for stores that add it together with other things.</summary>
    public StoredFile Make(FileDraft draft, string blob, long bytes)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var now = time.GetUtcNow();
        return new StoredFile
        {
            Id = draft.Id ?? Id.New(StoredFile.IdPrefix, time),
            Namespace = draft.Namespace,
            Name = FileName.Clean(draft.Name),
            Purpose = draft.Purpose,
            Bytes = bytes,
            CreatedAt = now,
            ExpiresAt = draft.Lifetime is { } lifetime ? now + lifetime : rules.ExpiryOf(draft.Purpose, now),
            Blob = blob,
        };
    }

    internal static Fault Full(long limit) => new(
        FaultKind.Permission,
        "storage_quota_exceeded",
        string.Create(CultureInfo.InvariantCulture, $"The files of this namespace would have more than {limit} bytes together. Delete some: GET /v1/files lists them."));
}
