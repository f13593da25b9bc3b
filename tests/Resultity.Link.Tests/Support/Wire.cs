using System.Text;
using Resultity.Link.Frames;

namespace Resultity.Link.Tests.Support;

/// <summary>Frames by hand, right or wrong.</summary>
internal static class Wire
{
    public static byte[] Frame(FrameType type, uint stream, byte[] payload, FrameFlags flags = FrameFlags.None)
    {
        var bytes = new byte[LinkProtocol.HeaderSize + payload.Length];
        FrameHeader.Write(bytes, payload.Length, type, flags, stream);
        payload.CopyTo(bytes, LinkProtocol.HeaderSize);
        return bytes;
    }

    public static byte[] Open(uint stream, string path, string body = "", bool end = true) => Frame(
        FrameType.Open, stream,
        [4, .. "POST"u8, (byte)path.Length, 0, .. Encoding.UTF8.GetBytes(path), 1, 1, (byte)'a', 1, 0, (byte)'b', .. Encoding.UTF8.GetBytes(body)],
        end ? FrameFlags.End : FrameFlags.None);

    public static byte[] Data(uint stream, int length, bool end = false) =>
        Frame(FrameType.Data, stream, new byte[length], end ? FrameFlags.End : FrameFlags.None);

    public static byte[] Window(uint stream, int credit) => Frame(FrameType.Window, stream, BitConverter.GetBytes(credit));

    /// <summary>What an accepting end makes of these bytes.</summary>
    public static async Task<LinkFault> FeedAsync(byte[] bytes, int seed = 0, ILinkHandler? handler = null)
    {
        var link = new LinkConnection(new FeedStream(bytes, seed), LinkSide.Acceptor, new LinkOptions(), handler ?? DelegateHandler.Echo, TimeProvider.System);
        var fault = await link.RunAsync().WaitAsync(Reading.Patience);
        await link.DisposeAsync();
        return fault;
    }
}
