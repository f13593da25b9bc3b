using System.Buffers.Binary;

namespace Resultity.Link.Frames;

/// <summary>The eight bytes before a payload: u16 length, u8 type, u8 flags, u32 stream; little-endian.</summary>
internal readonly record struct FrameHeader(int Length, FrameType Type, FrameFlags Flags, uint Stream)
{
    public static void Write(Span<byte> target, int length, FrameType type, FrameFlags flags, uint stream)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)length);
        target[2] = (byte)type;
        target[3] = (byte)flags;
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], stream);
    }

    public static FrameHeader Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(source),
        (FrameType)source[2],
        (FrameFlags)source[3],
        BinaryPrimitives.ReadUInt32LittleEndian(source[4..]));

    /// <summary>Refuses what no correct peer sends, before the payload is waited for.</summary>
    /// <exception cref="LinkProtocolException">A frame that version 1 does not know, or over its limits.</exception>
    public void Validate()
    {
        if (Length > LinkProtocol.MaxPayload)
            throw new LinkProtocolException(LinkErrorCode.TooLarge, $"a payload of {Length} bytes, over the limit of {LinkProtocol.MaxPayload}");
        var (minimum, maximum, end, stream) = Type switch
        {
            FrameType.Open => (6, LinkProtocol.MaxPayload, true, true),
            FrameType.Head => (3, LinkProtocol.MaxPayload, true, true),
            FrameType.Data => (0, LinkProtocol.MaxPayload, true, true),
            FrameType.End => (1, LinkProtocol.MaxPayload, false, true),
            FrameType.Reset => (2, 2 + LinkProtocol.MaxReason, false, true),
            FrameType.Window => (4, 4, false, true),
            FrameType.Ping or FrameType.Pong => (8, 8, false, false),
            FrameType.GoAway => (2, 2 + LinkProtocol.MaxReason, false, false),
            _ => throw new LinkProtocolException(LinkErrorCode.Protocol, $"an unknown frame type {(byte)Type}"),
        };
        if (Length < minimum || Length > maximum)
            throw new LinkProtocolException(LinkErrorCode.Protocol, $"a {Type} frame of {Length} bytes");
        if ((Flags & ~(end ? FrameFlags.End : FrameFlags.None)) != 0)
            throw new LinkProtocolException(LinkErrorCode.Protocol, $"a {Type} frame with flags {(byte)Flags}");
        if (stream != (Stream != 0))
            throw new LinkProtocolException(LinkErrorCode.Protocol, $"a {Type} frame on stream {Stream}");
    }
}
