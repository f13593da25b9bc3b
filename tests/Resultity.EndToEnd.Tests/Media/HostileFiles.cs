using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Resultity.Onnx.Imaging;

namespace Resultity.EndToEnd.Tests.Media;

/// <summary>Files that are not what they say: cut off, damaged, of two kinds at once, much larger than they look, misnamed, empty, and such as name files and addresses.</summary>
/// <param name="address">An address that such files name; whoever asks there was misled.</param>
internal sealed class HostileFiles(Uri address)
{
    private static readonly string[] Images = ["png", "jpeg", "webp"], Sounds = ["wav", "mp3", "flac", "ogg", "webm", "mp4"], Videos = ["mp4", "webm", "mkv", "avi", "mov"];

    private readonly Random _random = new(19);

    /// <summary>One file: what it is sent as, its name, its bytes.</summary>
    public IEnumerable<(string Kind, string Name, byte[] File)> Make()
    {
        List<(string Kind, string Format, byte[] File)> whole =
        [
            .. Images.Select(static format => ("image", format, Image(format))),
            .. Sounds.Select(static format => ("sound", format, Encode(format, ["-f", "lavfi", "-i", "sine=frequency=300:sample_rate=16000", "-t", "0.6"]))),
            .. Videos.Select(static format => ("video", format, Encode(format, ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=8", "-t", "1"]))),
        ];
        foreach (var (kind, format, file) in whole)
        {
            foreach (var part in (double[])[0.01, 0.1, 0.3, 0.5, 0.8, 0.97]) yield return (kind, $"cut-{part}.{format}", file[..(int)(file.Length * part)]);
            for (var round = 0; round < 7; round++) yield return (kind, $"flipped-{round}.{format}", Flipped(file, head: round < 4));
            yield return (kind, $"behind-a-page.{format}", [.. "<!doctype html><script>alert(1)</script>"u8, .. file]);
            yield return (kind, $"before-an-archive.{format}", [.. file, .. "PK\u0003\u0004"u8, .. new byte[500]]);
            yield return (kind, $"twice.{format}", [.. file, .. file]);
            foreach (var other in whole.Where(other => other.Kind != kind).Take(3)) yield return (kind, $"{other.Format}-named.{format}", other.File);
        }

        foreach (var kind in (string[])["image", "sound", "video"])
        {
            yield return (kind, "nothing", []);
            yield return (kind, "zeros", new byte[5000]);
            yield return (kind, "playlist.m3u8", Encoding.ASCII.GetBytes($"#EXTM3U\n#EXTINF:10,\n{address}a.ts\n#EXT-X-ENDLIST\n"));
            yield return (kind, "files.ffconcat", Encoding.ASCII.GetBytes($"ffconcat version 1.0\nfile /etc/passwd\nfile {address}a.mp4\n"));
            yield return (kind, "manifest.mpd", Encoding.ASCII.GetBytes($"<?xml version='1.0'?><MPD><Period><BaseURL>{address}</BaseURL></Period></MPD>"));
            yield return (kind, "session.sdp", Encoding.ASCII.GetBytes($"v=0\nc=IN IP4 {address.Host}\nm=audio {address.Port} RTP/AVP 0\n"));
            yield return (kind, "drawing.svg", Encoding.ASCII.GetBytes($"<svg xmlns='http://www.w3.org/2000/svg'><image href='{address}a.png'/></svg>"));
            yield return (kind, "entities.xml", "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;\">]><a>&c;</a>"u8.ToArray());
            yield return (kind, "playlist-in-mp4.mp4", [.. "\0\0\0\u0018ftypisom\0\0\0\0isommp42"u8, .. Encoding.ASCII.GetBytes($"\n#EXTM3U\n#EXTINF:1,\n{address}a.ts\n")]);
            yield return (kind, "id3-before-playlist.mp3", [.. "ID3\u0004\0\0\0\0\0\0"u8, .. Encoding.ASCII.GetBytes($"#EXTM3U\n#EXTINF:1,\n{address}a.ts\n")]);
            yield return (kind, "reference.mov", Reference(address));
        }

        yield return ("image", "wide.png", Png(30_000, 30_000));
        yield return ("image", "long.png", Png(1, 200_000_000));
        yield return ("image", "negative.png", Png(-5, 5));
        yield return ("image", "text-bomb.png", Png(8, 8, [.. "comment\0\0"u8, .. Packed(64 << 20)]));
        yield return ("image", "wide.gif", [.. "GIF89a"u8, 255, 255, 255, 255, 0, 0, 0, 0x3B]);
        yield return ("sound", "three-hours.flac", Encode("flac", ["-f", "lavfi", "-i", "anullsrc=channel_layout=mono:sample_rate=8000", "-t", "10800"]));
        yield return ("sound", "huge.wav", [.. "RIFF\u00ff\u00ff\u00ff\u00ffWAVEfmt "u8, 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0, .. "data\u00ff\u00ff\u00ff\u007f"u8, .. new byte[64]]);
        yield return ("video", "large-frames.mp4", Encode("mp4", ["-f", "lavfi", "-i", "color=size=8192x4320:rate=1", "-t", "1"]));
        yield return ("video", "long.mkv", Encode("mkv", ["-f", "lavfi", "-i", "color=size=32x32:rate=1", "-t", "7200"]));
        yield return ("video", "no-pictures.mp4", whole.First(static file => file is { Kind: "sound", Format: "mp4" }).File);
        yield return ("sound", "no-sound.mp4", whole.First(static file => file is { Kind: "video", Format: "mp4" }).File);
    }

    private byte[] Flipped(byte[] file, bool head)
    {
        var flipped = (byte[])file.Clone();
        for (var count = _random.Next(1, 30); count > 0; count--) flipped[_random.Next(head ? Math.Min(150, file.Length) : file.Length)] ^= (byte)(1 << _random.Next(8));
        return flipped;
    }

    private static byte[] Image(string format)
    {
        var pixels = new byte[64 * 48 * 4];
        new Random(2).NextBytes(pixels);
        return PictureWriter.Write(new Picture(64, 48, pixels), Enum.Parse<PictureFormat>(format, ignoreCase: true), 80);
    }

    private static byte[] Encode(string format, string[] input)
    {
        var file = Path.Combine(Path.GetTempPath(), $"resultity-hostile-{Guid.NewGuid():N}.{format}");
        try
        {
            using var ffmpeg = Process.Start(new ProcessStartInfo("ffmpeg", ["-nostdin", "-loglevel", "error", .. input, file]) { RedirectStandardError = true })!;
            var errors = ffmpeg.StandardError.ReadToEnd();
            ffmpeg.WaitForExit();
            return ffmpeg.ExitCode == 0 ? File.ReadAllBytes(file) : throw new InvalidOperationException(errors);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A QuickTime film that is nothing but a reference to another one.</summary>
    private static byte[] Reference(Uri address)
    {
        var url = Encoding.ASCII.GetBytes($"{address}film.mov\0");
        var size = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size, url.Length);
        byte[] rdrf = Atom("rdrf", [0, 0, 0, 0, .. "url "u8, .. size, .. url]);
        return [.. Atom("ftyp", "qt  \0\0\0\0qt  "u8.ToArray()), .. Atom("moov", Atom("rmra", Atom("rmda", rdrf)))];
    }

    private static byte[] Atom(string name, byte[] body)
    {
        var size = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size, body.Length + 8);
        return [.. size, .. Encoding.ASCII.GetBytes(name), .. body];
    }

    private static byte[] Packed(int zeros)
    {
        using var output = new MemoryStream();
        using (var packing = new ZLibStream(output, CompressionLevel.Fastest))
        {
            var piece = new byte[1 << 20];
            for (var left = zeros; left > 0; left -= piece.Length) packing.Write(piece);
        }

        return output.ToArray();
    }

    private static byte[] Png(int width, int height, byte[]? text = null)
    {
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (8, 6);
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", head), .. text is null ? [] : Chunk("zTXt", text), .. Chunk("IDAT", Packed(1 << 20)), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string name, byte[] body)
    {
        byte[] named = [.. Encoding.ASCII.GetBytes(name), .. body];
        byte[] size = new byte[4], sum = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size, body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(sum, Crc(named));
        return [.. size, .. named, .. sum];
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }
}
