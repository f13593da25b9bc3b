using System.Text;

namespace Resultity.Onnx.Text.Graphs;

/// <summary>Reads protocol buffers' wire format, field by field, without copying.</summary>
/// <remarks>Format: protobuf.dev/programming-guides/encoding. Only the wire types that ONNX uses.</remarks>
internal ref struct ProtoReader(ReadOnlyMemory<byte> message)
{
    private readonly ReadOnlyMemory<byte> _message = message;
    private int _at;

    /// <summary>Number of the field that <see cref="Next"/> found.</summary>
    public int Field { get; private set; }

    /// <summary>The field's whole encoding, tag included.</summary>
    public ReadOnlyMemory<byte> Raw { get; private set; }

    /// <summary>The payload of a length-delimited field; empty for others.</summary>
    public ReadOnlyMemory<byte> Payload { get; private set; }

    /// <summary>The value of a varint field; 0 for others.</summary>
    public ulong Number { get; private set; }

    public readonly string Text => Encoding.UTF8.GetString(Payload.Span);

    /// <summary>Moves to the next field; false at the end.</summary>
    /// <exception cref="InvalidDataException">The bytes are not such a message.</exception>
    public bool Next()
    {
        if (_at == _message.Length) return false;
        var start = _at;
        var tag = Varint();
        (Field, Payload, Number) = (checked((int)(tag >> 3)), default, 0);
        switch (tag & 7)
        {
            case 0: Number = Varint(); break;
            case 1: Skip(8); break;
            case 2:
                var length = Varint();
                var from = _at;
                Skip(length);
                Payload = _message[from.._at];
                break;
            case 5: Skip(4); break;
            default: throw new InvalidDataException($"Wire type {tag & 7} at byte {start}.");
        }
        Raw = _message[start.._at];
        return true;
    }

    /// <summary>The numbers of a packed field.</summary>
    public static long[] Packed(ReadOnlyMemory<byte> payload)
    {
        var numbers = new List<long>();
        var reader = new ProtoReader(payload);
        while (reader._at < payload.Length) numbers.Add((long)reader.Varint());
        return [.. numbers];
    }

    private void Skip(ulong bytes)
    {
        if (bytes > (ulong)(_message.Length - _at)) throw new InvalidDataException("A field ends after its message.");
        _at += (int)bytes;
    }

    private ulong Varint()
    {
        var bytes = _message.Span;
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_at == bytes.Length) break;
            var part = bytes[_at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
        throw new InvalidDataException("A number does not end.");
    }
}
