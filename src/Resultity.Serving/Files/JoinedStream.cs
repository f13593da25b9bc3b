using Resultity.Serving.Stores;

namespace Resultity.Serving.Files;

/// <summary>Blobs one behind the other, each opened when its turn comes. Read once, by one reader, asynchronously.</summary>
internal sealed class JoinedStream(IBlobStore blobs, IReadOnlyList<string> names) : Stream
{
    private Stream? _current;
    private int _next;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_current is null)
            {
                if (_next == names.Count)
                {
                    return 0;
                }

                _current = await blobs.OpenAsync(names[_next++], cancellationToken).ConfigureAwait(false) ?? throw Lost();
            }

            var count = await _current.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count > 0)
            {
                return count;
            }

            await _current.DisposeAsync().ConfigureAwait(false);
            _current = null;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override async ValueTask DisposeAsync()
    {
        if (_current is not null)
        {
            await _current.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    // Its owner was deleted in this moment, or somebody removed a file of the data folder.
    private static StorageException Lost() => new(
        "A part of an upload is not in the blob store any more.",
        new Contracts.Values.Fault(Contracts.Values.FaultKind.Unavailable, "storage_unavailable", "A part of this upload cannot be read any more. Upload it again."));
}
