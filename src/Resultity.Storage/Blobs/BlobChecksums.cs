using System.Buffers.Binary;
using System.IO.Hashing;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Blobs;

/// <summary>The checksums behind a blob's bytes in its file, by which a reader sees that they are the bytes that were written.</summary>
/// <remarks>One XXH3 for each block of 64 KiB, so that a part of a blob can be read without the rest; then the length, and a mark. Numbers are little-endian.</remarks>
internal sealed class BlobChecksums
{
    public const int BlockSize = 64 * 1024;

    private const ulong Mark = 0x3142_4F4C_4254_4C52;
    private const int Fixed = 2 * sizeof(ulong);

    private readonly List<ulong> _blocks = [];
    private readonly XxHash3 _block = new();
    private int _inBlock;

    /// <summary>How many bytes were taken in.</summary>
    public long Length { get; private set; }

    /// <summary>Takes in bytes of the blob, in order.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, BlockSize - _inBlock)];
            _block.Append(part);
            _inBlock += part.Length;
            bytes = bytes[part.Length..];
            if (_inBlock == BlockSize)
            {
                EndBlock();
            }
        }
    }

    /// <summary>What stands in the file behind the blob.</summary>
    public byte[] ToBytes()
    {
        if (_inBlock > 0)
        {
            EndBlock();
        }

        var bytes = new byte[(_blocks.Count * sizeof(ulong)) + Fixed];
        for (var i = 0; i < _blocks.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), _blocks[i]);
        }

        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(^Fixed), Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(^sizeof(ulong)), Mark);
        return bytes;
    }

    /// <summary>Reads the checksums of a file.</summary>
    /// <returns>The blob's length, and a checksum for each of its blocks.</returns>
    /// <exception cref="StorageException">They are not there, or do not belong to a file of this length.</exception>
    public static (long Length, ulong[] Blocks) Read(FileStream file)
    {
        Span<byte> end = stackalloc byte[Fixed];
        if (file.Length < Fixed || RandomAccess.Read(file.SafeFileHandle, end, file.Length - Fixed) != Fixed || BinaryPrimitives.ReadUInt64LittleEndian(end[sizeof(ulong)..]) != Mark)
        {
            throw Damaged(file.Name);
        }

        var length = BinaryPrimitives.ReadInt64LittleEndian(end);
        var count = (length + BlockSize - 1) / BlockSize;
        if (length < 0 || length > file.Length || file.Length != length + (count * sizeof(ulong)) + Fixed)
        {
            throw Damaged(file.Name);
        }

        var bytes = new byte[count * sizeof(ulong)];
        if (RandomAccess.Read(file.SafeFileHandle, bytes, length) != bytes.Length)
        {
            throw Damaged(file.Name);
        }

        var blocks = new ulong[count];
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)));
        }

        return (length, blocks);
    }

    /// <summary>What is thrown of a blob that is not what was written.</summary>
    public static StorageException Damaged(string path) => new(
        $"The file '{path}' is damaged: its checksum does not fit its bytes. Restore it from a backup; nothing else is affected.", DamagedFault);

    /// <summary>What a client is told whose blob is damaged or gone.</summary>
    public static Fault DamagedFault { get; } = new(FaultKind.Internal, "storage_damaged", "What was stored for this request is damaged and cannot be read.") { ShouldRetry = false };

    private void EndBlock()
    {
        _blocks.Add(_block.GetCurrentHashAsUInt64());
        _block.Reset();
        _inBlock = 0;
    }
}
