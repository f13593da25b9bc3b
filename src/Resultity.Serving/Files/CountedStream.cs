using System.Security.Cryptography;

namespace Resultity.Serving.Files;

/// <summary>Passes a stream on to be stored: counts it, stops at a limit before more is kept, and can take a sum of it.</summary>
/// <remarks>Read once, by one reader, asynchronously. Does not own what it reads.</remarks>
public sealed class CountedStream(Stream source, long limit, HashAlgorithmName? sum = null) : Stream
{
    private readonly IncrementalHash? _sum = sum is { } algorithm ? IncrementalHash.CreateHash(algorithm) : null;

    /// <summary>The bytes that were read.</summary>
    public long Count { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    /// <summary>The sum of what was read, in lower-case hexadecimal digits.</summary>
    public string Sum() => Convert.ToHexStringLower((_sum ?? throw new InvalidOperationException("No sum was asked for.")).GetHashAndReset());

    /// <inheritdoc/>
    /// <exception cref="FileTooLargeException">There is more than the limit.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Count += count;
        if (Count > limit)
        {
            throw new FileTooLargeException(limit);
        }

        _sum?.AppendData(buffer.Span[..count]);
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _sum?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A file is larger than it may be.</summary>
public sealed class FileTooLargeException(long limit) : Exception($"A file may have at most {limit} bytes here.")
{
    /// <summary>The most bytes that it may have.</summary>
    public long Limit { get; } = limit;
}
