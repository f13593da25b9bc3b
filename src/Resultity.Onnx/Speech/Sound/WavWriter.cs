using System.Buffers.Binary;

namespace Resultity.Onnx.Speech.Sound;

/// <summary>Writes sound as 16-bit integers, bare or as a WAVE file.</summary>
public static class WavWriter
{
    /// <summary>Length of the header before the samples.</summary>
    public const int HeaderLength = 44;

    /// <summary>The header of a file with so many bytes of samples; of unknown length where <paramref name="dataBytes"/> is null, as in a stream.</summary>
    public static byte[] Header(int rate, int? dataBytes)
    {
        var header = new byte[HeaderLength];
        var span = header.AsSpan();
        "RIFF"u8.CopyTo(span);
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], dataBytes is { } known ? (uint)known + HeaderLength - 8 : uint.MaxValue);
        "WAVEfmt "u8.CopyTo(span[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(span[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(span[20..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(span[22..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(span[24..], rate);
        BinaryPrimitives.WriteInt32LittleEndian(span[28..], rate * 2);
        BinaryPrimitives.WriteInt16LittleEndian(span[32..], 2);
        BinaryPrimitives.WriteInt16LittleEndian(span[34..], 16);
        "data"u8.CopyTo(span[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(span[40..], dataBytes is { } data ? (uint)data : uint.MaxValue);
        return header;
    }

    /// <summary>A whole file.</summary>
    public static byte[] File(Samples sound)
    {
        ArgumentNullException.ThrowIfNull(sound);
        var pcm = Pcm(sound.Values.Span);
        return [.. Header(sound.Rate, pcm.Length), .. pcm];
    }

    /// <summary>Samples as little-endian 16-bit integers.</summary>
    public static byte[] Pcm(ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length * 2];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(i * 2), (short)Math.Clamp(MathF.Round(values[i] * 32768f), short.MinValue, short.MaxValue));
        return bytes;
    }
}
