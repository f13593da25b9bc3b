using System.Buffers.Binary;
using System.Text;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Tests.Runtimes.Audio;

/// <summary>Files that are not what they say: empty, cut off, damaged, of other kinds, of boundless size, and those that name other files and addresses.</summary>
internal static class HostileSounds
{
    private static readonly string[] Formats = ["wav", "mp3", "flac", "ogg", "webm", "mp4"];

    public static IEnumerable<(string Name, byte[] File)> Make(Func<string, byte[]> encode)
    {
        var random = new Random(4);
        yield return ("empty.wav", []);
        yield return ("one-byte.mp3", [0xFF]);
        yield return ("zeros.mp3", new byte[4096]);
        yield return ("ones.mp3", [.. Enumerable.Repeat((byte)0xFF, 4096)]);
        yield return ("text.mp3", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("this is no sound. ", 200))));
        yield return ("page.wav", "<!doctype html><script>alert(1)</script>"u8.ToArray());
        yield return ("picture.mp3", [0x89, .. "PNG\r\n\u001a\n"u8, .. new byte[200]]);
        yield return ("archive.ogg", [.. "PK\u0003\u0004"u8, .. new byte[200]]);
        yield return ("program.flac", [0x7F, .. "ELF"u8, .. new byte[200]]);
        yield return ("playlist.m3u8", "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"u8.ToArray());
        yield return ("remote.m3u8", "#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/x.ts\n#EXT-X-ENDLIST\n"u8.ToArray());
        yield return ("concat.txt", "ffconcat version 1.0\nfile /etc/passwd\n"u8.ToArray());
        yield return ("session.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n"u8.ToArray());
        yield return ("id3-and-playlist.mp3", [.. "ID3\u0004\0\0\0\0\0\0"u8, .. "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"u8]);
        yield return ("huge-id3.mp3", [.. "ID3\u0004\0\0\u007f\u007f\u007f\u007f"u8, .. new byte[1000]]);
        yield return ("no-data.wav", WavWriter.Header(16_000, 0)[..36]);
        yield return ("empty-data.wav", WavWriter.Header(16_000, 0));
        yield return ("huge-size.wav", [.. WavWriter.Header(16_000, int.MaxValue), .. new byte[100]]);
        yield return ("long.wav", Wav(static header => BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), 1000), 20_000_000));
        yield return ("no-channels.wav", Wav(static header => header[22] = 0, 1000));
        yield return ("many-channels.wav", Wav(static header => BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(22), 65_535), 1000));
        yield return ("no-rate.wav", Wav(static header => BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), 0), 1000));
        yield return ("high-rate.wav", Wav(static header => BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), int.MaxValue), 1000));
        yield return ("unknown-codec.wav", Wav(static header => BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(20), 0xBEEF), 1000));
        foreach (var format in Formats)
        {
            var good = encode(format);
            foreach (var part in (double[])[0.02, 0.2, 0.6, 0.95]) yield return ($"cut-{part}.{format}", good[..(int)(good.Length * part)]);
            for (var round = 0; round < 3; round++)
            {
                var broken = (byte[])good.Clone();
                for (var i = 0; i < 40; i++) broken[random.Next(round == 0 ? Math.Min(200, broken.Length) : broken.Length)] = (byte)random.Next(256);
                yield return ($"damaged-{round}.{format}", broken);
            }
            yield return ($"behind-text.{format}", [.. "some text first "u8, .. good]);
            yield return ($"reversed.{format}", [.. good.Reverse()]);
        }
    }

    private static byte[] Wav(Action<byte[]> change, int bytes)
    {
        var header = WavWriter.Header(16_000, bytes);
        change(header);
        return [.. header, .. new byte[bytes]];
    }
}
