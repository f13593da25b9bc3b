using System.Buffers.Binary;
using System.Text;
using Resultity.Contracts.Fleet;

namespace Resultity.Node.Shards;

/// <summary>Reads from a GGUF file's header what a plan needs: how large its layers are, and what its context costs.</summary>
/// <remarks>
/// The header's numbers are a stranger's: everything that is read is bounded, and a file that does not hold together is refused. Tensor sizes
/// are the distances between their offsets, so quantisations that are invented later need no change here.
/// </remarks>
internal sealed class GgufFacts
{
    private const uint Magic = 0x46554747;
    private const int MostEntries = 100_000;
    private const int LongestText = 16 * 1024 * 1024;
    private const int HalfPrecision = 2;
    private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly BinaryReader _reader;
    private string _architecture = "";

    private GgufFacts(BinaryReader reader) => _reader = reader;

    /// <exception cref="InvalidDataException">Not a GGUF file of a text model, or a damaged one.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static ShardableModel Read(string path, string name)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 256 * 1024);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        try
        {
            return new GgufFacts(reader).Read(name, stream.Length);
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException or ArgumentException)
        {
            throw new InvalidDataException("the file ends inside its header, or its header does not hold together", e);
        }
    }

    private ShardableModel Read(string name, long length)
    {
        if (_reader.ReadUInt32() != Magic)
            throw new InvalidDataException("it is not a GGUF file");
        if (_reader.ReadUInt32() is not (2 or 3))
            throw new InvalidDataException("its GGUF version is not 2 or 3");
        var tensors = Count();
        var entries = Count();
        for (var i = 0; i < entries; i++)
            ReadEntry();
        var offsets = new List<(string Name, long Offset)>(tensors);
        for (var i = 0; i < tensors; i++)
            offsets.Add(ReadTensor());
        var alignment = _numbers.GetValueOrDefault("general.alignment", 32);
        if (alignment is < 1 or > 65536)
            throw new InvalidDataException($"its alignment is {alignment}");
        var data = (_reader.BaseStream.Position + alignment - 1) / alignment * alignment;
        return Describe(name, length, SizesOf(offsets, length - data));
    }

    private ShardableModel Describe(string name, long length, IReadOnlyList<(string Name, long Bytes)> tensors)
    {
        var layers = Number("block_count");
        var width = Number("embedding_length");
        if (layers is < 1 or > 1000 || width is < 1 or > 1_000_000)
            throw new InvalidDataException("its header names no layers, so it is not a text model");
        var layerBytes = new long[layers];
        long outer = 0;
        foreach (var (tensor, bytes) in tensors)
        {
            if (LayerOf(tensor) is { } layer && layer < layers)
                layerBytes[layer] += bytes;
            else
                outer += bytes;
        }
        var heads = Math.Max(1, Number("attention.head_count"));
        var cacheHeads = Number("attention.head_count_kv") is > 0 and var given ? given : heads;
        var key = Number("attention.key_length") is > 0 and var keyLength ? keyLength : width / heads;
        var value = Number("attention.value_length") is > 0 and var valueLength ? valueLength : width / heads;
        return new ShardableModel
        {
            Name = name,
            FileBytes = length,
            LayerBytes = layerBytes,
            OuterBytes = outer,
            CacheBytesPerToken = checked(cacheHeads * (key + value) * HalfPrecision),
            Width = (int)width,
            Vocabulary = (int)Math.Min(int.MaxValue, _counts.GetValueOrDefault("tokenizer.ggml.tokens", Number("vocab_size"))),
            ContextLength = (int)Math.Clamp(Number("context_length"), 0, int.MaxValue),
        };
    }

    private static List<(string Name, long Bytes)> SizesOf(List<(string Name, long Offset)> tensors, long available)
    {
        tensors.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
        var sizes = new List<(string, long)>(tensors.Count);
        for (var i = 0; i < tensors.Count; i++)
        {
            var end = i + 1 < tensors.Count ? tensors[i + 1].Offset : available;
            if (tensors[i].Offset < 0 || end < tensors[i].Offset || end > available)
                throw new InvalidDataException($"its tensor '{tensors[i].Name}' lies outside of the file; is the file whole?");
            sizes.Add((tensors[i].Name, end - tensors[i].Offset));
        }
        return sizes;
    }

    private static int? LayerOf(string tensor)
    {
        if (!tensor.StartsWith("blk.", StringComparison.Ordinal))
            return null;
        var rest = tensor.AsSpan(4);
        var dot = rest.IndexOf('.');
        return dot > 0 && int.TryParse(rest[..dot], out var layer) && layer >= 0 ? layer : null;
    }

    private long Number(string key) => _numbers.GetValueOrDefault($"{_architecture}.{key}");

    private int Count() => _reader.ReadUInt64() is <= MostEntries and var count ? (int)count : throw new InvalidDataException("its header counts more entries than any model has");

    private (string Name, long Offset) ReadTensor()
    {
        var name = Text();
        var dimensions = _reader.ReadUInt32();
        if (dimensions > 8)
            throw new InvalidDataException($"its tensor '{name}' has {dimensions} dimensions");
        Skip((dimensions * 8L) + 4);
        return (name, checked((long)_reader.ReadUInt64()));
    }

    private void ReadEntry()
    {
        var key = Text();
        var type = _reader.ReadUInt32();
        if (type == 8 && key == "general.architecture")
            _architecture = Text();
        else if (type == 8)
            Skip(TextLength());
        else if (type == 9)
            SkipArray(key, depth: 0);
        else if (ReadNumber(type) is { } number)
            _numbers[key] = number;
    }

    private long? ReadNumber(uint type)
    {
        var bytes = _reader.ReadBytes(SizeOf(type));
        if (bytes.Length < SizeOf(type))
            throw new EndOfStreamException();
        return type switch
        {
            0 or 7 => bytes[0],
            1 => (sbyte)bytes[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            3 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            5 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            10 or 11 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            _ => null,
        };
    }

    private void SkipArray(string key, int depth)
    {
        var type = _reader.ReadUInt32();
        var count = _reader.ReadUInt64();
        if (count > int.MaxValue || depth > 2)
            throw new InvalidDataException($"its entry '{key}' is larger than any model's");
        _counts[key] = (long)count;
        for (var i = 0UL; type is 8 or 9 && i < count; i++)
        {
            if (type == 8)
                Skip(TextLength());
            else
                SkipArray(key, depth + 1);
        }
        if (type is not (8 or 9))
            // Some models give a number for each layer where others give one for all: the largest is what memory needs at most.
            SkipNumbers(key, type, (long)count);
    }

    private void SkipNumbers(string key, uint type, long count)
    {
        if (count > 1000)
        {
            Skip(SizeOf(type) * count);
            return;
        }
        for (var i = 0; i < count; i++)
            if (ReadNumber(type) is { } number)
                _numbers[key] = Math.Max(number, _numbers.GetValueOrDefault(key));
    }

    private static int SizeOf(uint type) => type switch
    {
        0 or 1 or 7 => 1,
        2 or 3 => 2,
        4 or 5 or 6 => 4,
        10 or 11 or 12 => 8,
        _ => throw new InvalidDataException($"its header has an entry of the unknown type {type}"),
    };

    private string Text()
    {
        var length = (int)TextLength();
        if (length > 65536)
            throw new InvalidDataException("its header has a name that is longer than any name");
        var bytes = _reader.ReadBytes(length);
        return bytes.Length == length ? Encoding.UTF8.GetString(bytes) : throw new EndOfStreamException();
    }

    private long TextLength() => _reader.ReadUInt64() is <= LongestText and var length ? (long)length : throw new InvalidDataException("its header has a text that is longer than any model's");

    private void Skip(long bytes)
    {
        var stream = _reader.BaseStream;
        if (stream.Length - stream.Position < bytes)
            throw new EndOfStreamException();
        stream.Seek(bytes, SeekOrigin.Current);
    }
}
