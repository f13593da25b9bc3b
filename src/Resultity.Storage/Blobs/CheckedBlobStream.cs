using System.IO.Hashing;

namespace Resultity.Storage.Blobs;

/// <summary>The bytes of a blob. Hands out no byte whose block does not fit its checksum.</summary>
internal sealed class CheckedBlobStream : Stream
{
    private readonly FileStream _file;
    private readonly ulong[] _checksums;
    private readonly byte[] _block;
    private int _blockIndex = -1;

    /// <param name="file">The file; closed with this stream.</param>
    /// <exception cref="Serving.Stores.StorageException">The file is no blob, or not all of one.</exception>
    public CheckedBlobStream(FileStream file)
    {
        _file = file;
        (Length, _checksums) = BlobChecksums.Read(file);
        _block = new byte[Math.Min(Length, BlobChecksums.BlockSize)];
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || Position >= Length)
        {
            return 0;
        }

        var (index, count) = BlockAt();
        if (index != _blockIndex)
        {
            _blockIndex = -1;
            var read = 0;
            while (read < count && await RandomAccess.ReadAsync(_file.SafeFileHandle, _block.AsMemory(read, count - read), StartOf(index) + read, cancellationToken) is > 0 and var more)
            {
                read += more;
            }

            Check(index, read, count);
        }

        return Take(buffer.Span, index, count);
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || Position >= Length)
        {
            return 0;
        }

        var (index, count) = BlockAt();
        if (index != _blockIndex)
        {
            _blockIndex = -1;
            var read = 0;
            while (read < count && RandomAccess.Read(_file.SafeFileHandle, _block.AsSpan(read, count - read), StartOf(index) + read) is > 0 and var more)
            {
                read += more;
            }

            Check(index, read, count);
        }

        return Take(buffer, index, count);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        _ => Length,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private static long StartOf(int index) => (long)index * BlobChecksums.BlockSize;

    private (int Index, int Count) BlockAt()
    {
        var index = (int)(Position / BlobChecksums.BlockSize);
        return (index, (int)Math.Min(BlobChecksums.BlockSize, Length - StartOf(index)));
    }

    private void Check(int index, int read, int count)
    {
        if (read != count || XxHash3.HashToUInt64(_block.AsSpan(0, count)) != _checksums[index])
        {
            throw BlobChecksums.Damaged(_file.Name);
        }

        _blockIndex = index;
    }

    private int Take(Span<byte> buffer, int index, int count)
    {
        var from = (int)(Position - StartOf(index));
        var taken = Math.Min(buffer.Length, count - from);
        _block.AsSpan(from, taken).CopyTo(buffer);
        Position += taken;
        return taken;
    }
}
