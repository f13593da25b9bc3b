using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Resultity.Onnx.Imaging;
using Xunit;

namespace Resultity.Onnx.Tests.Imaging;

/// <summary>Files that are not what they say, not whole, or much more than they say: each is refused or read, in bounded memory and time.</summary>
public sealed class HostileImageTests
{
    private static readonly PictureLimits Limits = new() { MaxPixels = 4 << 20 };

    [Fact]
    public void Three_hundred_hostile_files_are_refused_or_read_and_nothing_else()
    {
        var files = Hostile().ToList();
        Assert.InRange(files.Count, 300, int.MaxValue);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var (name, file, mayBeRead) in files)
        {
            var start = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var picture = PictureReader.Read(file, Limits);
                Assert.True(mayBeRead, $"{name} was read as {picture.Width} x {picture.Height}");
            }
            catch (PictureException refused)
            {
                Assert.Contains(refused.Code, (string[])["invalid_image", "image_too_large", "unsupported_image_format"]);
                Assert.NotEmpty(refused.Message);
            }

            // The pixels that the limits allow, and little else.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - start, 0, 40 << 20);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4L << 30);
        Assert.Equal(64, PictureReader.Read(Png(64, 64)).Width);
    }

    [Fact]
    public void Damaged_files_never_bring_the_decoder_down()
    {
        var random = new Random(11);
        byte[][] seeds = [Png(32, 32), Write(PictureFormat.Jpeg), Write(PictureFormat.Webp)];
        for (var round = 0; round < 4000; round++)
        {
            var file = (byte[])seeds[round % seeds.Length].Clone();
            for (var changes = random.Next(1, 8); changes > 0; changes--) file[random.Next(file.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) file = file[..random.Next(file.Length)];
            try
            {
                PictureReader.Read(file, Limits);
            }
            catch (PictureException)
            {
                // A refusal is a right answer.
            }
        }
    }

    [Fact]
    public void A_bomb_is_refused_by_its_head_before_its_pixels_take_memory()
    {
        var bomb = Png(30_000, 30_000, rows: 200);
        var start = GC.GetAllocatedBytesForCurrentThread();
        var refused = Assert.Throws<PictureException>(() => PictureReader.Read(bomb));
        Assert.Equal("image_too_large", refused.Code);
        Assert.Contains("30000 x 30000", refused.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - start, 0, 1 << 20);
    }

    private static IEnumerable<(string Name, byte[] File, bool MayBeRead)> Hostile()
    {
        yield return ("nothing", [], false);
        foreach (var format in Enum.GetValues<PictureFormat>())
        {
            var whole = Write(format);
            // Truncated at every fortieth of the file.
            for (var part = 1; part < 40; part++) yield return ($"{format} cut at {part}/40", whole[..(whole.Length * part / 40)], false);
            for (var at = 0; at < 20; at++) yield return ($"{format} with byte {at} wrong", Changed(whole, at, (byte)(whole[at] ^ 0xFF)), true);
            yield return ($"{format} followed by a zip", [.. whole, .. "PK\u0003\u0004"u8, .. new byte[1000]], true);
            yield return ($"{format} followed by a script", [.. whole, .. "<script>alert(1)</script>"u8], true);
            yield return ($"{format} after a script", [.. "<script>alert(1)</script>"u8, .. whole], false);
            yield return ($"{format} after zeros", [.. new byte[16], .. whole], false);
        }

        foreach (var text in (string[])["hello", "<svg xmlns='http://www.w3.org/2000/svg'/>", "%PDF-1.7", "GIF89a", "GIF87a", "BM", "II*\0", "MM\0*", "RIFF", "RIFF\u0010\0\0\0WEBP", "\u0089PNG\r\n\u001a\n", "\u007fELF", "MZ", "#!/bin/sh", "{}", "\0", "data:image/png;base64,"])
        {
            yield return ($"'{text}'", Encoding.Latin1.GetBytes(text), false);
            yield return ($"'{text}' and zeros", [.. Encoding.Latin1.GetBytes(text), .. new byte[4096]], false);
        }

        foreach (var (width, height) in ((int, int)[])[(0, 0), (0, 10), (10, 0), (-1, 10), (int.MaxValue, 1), (1, int.MaxValue), (65_535, 65_535), (100_000, 100), (100, 100_000), (16_385, 1), (3000, 3000)])
        {
            yield return ($"png of {width} x {height}", Png(width, height, rows: 4), false);
            yield return ($"png of {width} x {height} without pixels", Png(width, height, rows: 0), false);
            yield return ($"gif of {width} x {height}", Gif(width, height), false);
        }

        foreach (var chunk in (string[])["iCCP", "zTXt", "iTXt", "tEXt", "sPLT", "eXIf"])
        {
            // Text or profiles that swell when they are unpacked.
            yield return ($"png with a swelling {chunk}", Png(8, 8, extra: (chunk, [.. "name\0\0"u8, .. Packed(new byte[64 << 20])])), true);
            yield return ($"png with a broken {chunk}", Png(8, 8, extra: (chunk, [0xFF, 0xFE])), true);
        }

        for (var depth = 0; depth < 17; depth++)
        {
            for (var kind = 0; kind < 7; kind++)
            {
                if (depth != 8 || kind != 6) yield return ($"png of depth {depth} and kind {kind} with pixels of another", Png(16, 16, depth: (byte)depth, kind: (byte)kind), true);
            }
        }
    }

    private static byte[] Changed(byte[] file, int at, byte value)
    {
        var changed = (byte[])file.Clone();
        changed[at] = value;
        return changed;
    }

    private static byte[] Write(PictureFormat format)
    {
        var pixels = new byte[48 * 40 * 4];
        new Random(3).NextBytes(pixels);
        for (var at = 3; at < pixels.Length; at += 4) pixels[at] = 255;
        return PictureWriter.Write(new Picture(48, 40, pixels), format, 80);
    }

    private static byte[] Gif(int width, int height)
    {
        var file = new byte[13];
        "GIF89a"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(6), (ushort)width);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), (ushort)height);
        return [.. file, 0x3B];
    }

    private static byte[] Png(int width, int height, int rows = -1, byte depth = 8, byte kind = 6, (string Name, byte[] Content)? extra = null)
    {
        var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (depth, kind);
        Chunk(file, "IHDR", head);
        if (extra is { } more) Chunk(file, more.Name, more.Content);
        if (rows != 0) Chunk(file, "IDAT", Packed(new byte[Math.Max(0, (rows < 0 ? height : rows) * (1 + (4L * Math.Clamp(width, 0, 100_000))))]));
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static byte[] Packed(byte[] bytes)
    {
        var output = new MemoryStream();
        using (var packing = new ZLibStream(output, CompressionLevel.Fastest)) packing.Write(bytes);
        return output.ToArray();
    }

    private static void Chunk(MemoryStream file, string name, byte[] content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        byte[] body = [.. Encoding.ASCII.GetBytes(name), .. content];
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        file.Write(number);
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
