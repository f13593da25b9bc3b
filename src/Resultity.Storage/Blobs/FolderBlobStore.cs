using System.Buffers;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Blobs;

/// <summary>Blobs as files of one folder.</summary>
/// <remarks>
/// A blob's file holds its bytes and then their checksums, and is read through them: a damaged one is told, never handed out.
/// A blob is written under another name, flushed and renamed, and then the folder is flushed: what has its name is whole.
/// Files are spread over 1,024 folders by two characters of their random part, so that no folder grows without end.
/// </remarks>
internal sealed class FolderBlobStore : IBlobStore
{
    private const string Prefix = "blob_";
    private const string Unfinished = ".part";

    /// <summary>Without a write for this long, a file that is not finished will never be.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(6);

    private readonly string _folder;
    private readonly TimeProvider _time;

    /// <param name="folder">The folder; made if there is none.</param>
    /// <param name="isShared">Whether other processes write there too.</param>
    /// <param name="time">The clock of the blobs' names.</param>
    /// <exception cref="StorageException">The folder cannot be made.</exception>
    public FolderBlobStore(string folder, bool isShared, TimeProvider time)
    {
        _folder = folder;
        _time = time;
        try
        {
            Directory.CreateDirectory(folder);

            // What a crash left unfinished has no name and no owner. In a shared folder it may be another's that is being written now.
            var before = isShared ? time.GetUtcNow().UtcDateTime - Abandoned : DateTime.MaxValue;
            foreach (var file in Directory.EnumerateFiles(folder, "*" + Unfinished, SearchOption.AllDirectories).Where(file => File.GetLastWriteTimeUtc(file) < before))
            {
                File.Delete(file);
            }
        }
        catch (Exception exception) when (IsOfStorage(exception))
        {
            throw Refused(exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask<string> PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
        PutAsync((file, checksums, token) =>
        {
            checksums.Append(bytes.Span);
            return WriteAsync(file, bytes, token);
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<string> PutAsync(Stream source, CancellationToken cancellation) =>
        PutAsync(async (file, checksums, token) =>
        {
            var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
            try
            {
                while (await source.ReadAsync(buffer, token) is > 0 and var count)
                {
                    checksums.Append(buffer.AsSpan(0, count));
                    await WriteAsync(file, buffer.AsMemory(0, count), token);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }, cancellation);

    /// <inheritdoc/>
    public ValueTask<Stream?> OpenAsync(string name, CancellationToken cancellation)
    {
        if (!Id.Matches(name, Prefix))
        {
            return ValueTask.FromResult<Stream?>(null);
        }

        FileStream? file = null;
        try
        {
            file = new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0, FileOptions.SequentialScan);
            return ValueTask.FromResult<Stream?>(new CheckedBlobStream(file));
        }
        catch (StorageException)
        {
            file?.Dispose();
            throw;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return ValueTask.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string name, CancellationToken cancellation)
    {
        if (Id.Matches(name, Prefix))
        {
            try
            {
                File.Delete(PathOf(name));
            }
            catch (DirectoryNotFoundException)
            {
                // No folder, no blob.
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListAsync(DateTimeOffset putBefore, CancellationToken cancellation) =>
        Directory.EnumerateFiles(_folder, Prefix + "*", SearchOption.AllDirectories)
            .Where(file => File.GetLastWriteTimeUtc(file) < putBefore.UtcDateTime)
            .Select(Path.GetFileName)
            .Where(static name => Id.Matches(name, Prefix))
            .Select(static name => name!)
            .ToAsyncEnumerable();

    private async ValueTask<string> PutAsync(Func<FileStream, BlobChecksums, CancellationToken, ValueTask> fill, CancellationToken cancellation)
    {
        var name = Id.New(Prefix, _time);
        var path = PathOf(name);
        var part = path + Unfinished;
        try
        {
            await using (var file = Create(part))
            {
                var checksums = new BlobChecksums();
                await fill(file, checksums, cancellation);
                await WriteAsync(file, checksums.ToBytes(), cancellation);
                Finish(file);
            }

            Publish(part, path);
            return name;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private FileStream Create(string part)
    {
        try
        {
            var parent = Path.GetDirectoryName(part)!;
            if (!Directory.Exists(parent))
            {
                Directory.CreateDirectory(parent);
                FolderFlush.Flush(_folder);
            }

            return new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
        }
        catch (Exception exception) when (IsOfStorage(exception))
        {
            throw Refused(exception);
        }
    }

    // What the source throws is the source's; only what the disk throws speaks of the storage.
    private async ValueTask WriteAsync(FileStream file, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            await file.WriteAsync(bytes, cancellation);
        }
        catch (Exception exception) when (IsOfStorage(exception))
        {
            throw Refused(exception);
        }
    }

    private void Finish(FileStream file)
    {
        try
        {
            file.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (IsOfStorage(exception))
        {
            throw Refused(exception);
        }
    }

    private void Publish(string part, string path)
    {
        try
        {
            File.Move(part, path);
            FolderFlush.Flush(Path.GetDirectoryName(path)!);
        }
        catch (Exception exception) when (IsOfStorage(exception))
        {
            throw Refused(exception);
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name[^2..], name);

    private static bool IsOfStorage(Exception exception) => exception is IOException or UnauthorizedAccessException;

    private StorageException Refused(Exception exception) => new(
        IsFull(exception)
            ? $"The disk that holds '{_folder}' is full. Free some space; nothing that was acknowledged is lost."
            : $"The blob folder '{_folder}' cannot be written: {exception.Message}",
        new Fault(FaultKind.Unavailable, IsFull(exception) ? "storage_full" : "storage_unavailable", "The gateway's storage cannot take this request now.") { RetryAfter = TimeSpan.FromSeconds(30) },
        exception);

    // ENOSPC, EDQUOT and EFBIG; on Windows ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL.
    private static bool IsFull(Exception exception) => (exception.HResult & 0xFFFF) is var code
        && (OperatingSystem.IsWindows() ? code is 0x70 or 0x27 : code is 28 or 122 or 27);
}
