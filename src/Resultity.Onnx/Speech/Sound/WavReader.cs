using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Resultity.Onnx.Speech.Sound;

/// <summary>Reads RIFF WAVE files: integers of 8 to 32 bits and floating point, any number of channels, which are averaged.</summary>
/// <remarks>Nothing is allocated before the header's own figures were checked against the limits and against the bytes that are there.</remarks>
public static class WavReader
{
    private const int Pcm = 1, Float = 3, Extensible = 0xFFFE;
    private const int LeastRate = 1000, MostRate = 384_000, MostChannels = 32;

    /// <summary>Whether bytes begin as such a file does.</summary>
    public static bool IsWav(ReadOnlySpan<byte> file) => file.Length >= 12 && (file.StartsWith("RIFF"u8) || file.StartsWith("RF64"u8)) && file[8..12].SequenceEqual("WAVE"u8);

    /// <summary>Reads a whole file.</summary>
    /// <param name="file">Its bytes. A data part that says it is longer than the file, as streaming writers leave it, ends with the file.</param>
    /// <param name="mostSeconds">Longest sound that is taken.</param>
    /// <exception cref="SoundFormatException">The file is broken, of another kind, or too long.</exception>
    public static Samples Read(ReadOnlySpan<byte> file, double mostSeconds)
    {
        if (!IsWav(file)) throw new SoundFormatException("it does not begin as a WAVE file does.");
        (int Kind, int Channels, int Rate, int Bits)? format = null;
        for (var at = 12; at + 8 <= file.Length;)
        {
            var name = file.Slice(at, 4);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]);
            var body = file[(at + 8)..];
            body = body[..(int)Math.Min(size, (uint)body.Length)];
            if (name.SequenceEqual("fmt "u8)) format = ReadFormat(body);
            else if (name.SequenceEqual("data"u8))
            {
                var (kind, channels, rate, bits) = format ?? throw new SoundFormatException("its data comes before its format.");
                return Decode(body, kind, channels, rate, bits, mostSeconds);
            }
            // Parts begin at even places.
            var next = at + 8 + (long)size + (size & 1);
            if (next > file.Length) break;
            at = (int)next;
        }
        throw new SoundFormatException("it has no sound data.");
    }

    private static (int Kind, int Channels, int Rate, int Bits) ReadFormat(ReadOnlySpan<byte> body)
    {
        if (body.Length < 16) throw new SoundFormatException("its format part is cut off.");
        int kind = BinaryPrimitives.ReadUInt16LittleEndian(body), channels = BinaryPrimitives.ReadUInt16LittleEndian(body[2..]), bits = BinaryPrimitives.ReadUInt16LittleEndian(body[14..]);
        var rate = BinaryPrimitives.ReadUInt32LittleEndian(body[4..]);
        if (kind == Extensible && body.Length >= 26) kind = BinaryPrimitives.ReadUInt16LittleEndian(body[24..]);
        if (channels is < 1 or > MostChannels) throw new SoundFormatException($"it says that it has {channels} channels; 1 to {MostChannels} can be read.");
        if (rate is < LeastRate or > MostRate) throw new SoundFormatException($"it says that it has {rate} samples per second; {LeastRate} to {MostRate} can be read.");
        if ((kind, bits) is not ((Pcm, 8 or 16 or 24 or 32) or (Float, 32 or 64)))
            throw new SoundFormatException($"its samples are of kind {kind} with {bits} bits; integers of 8, 16, 24 or 32 bits and floating point of 32 or 64 can be read.");
        return (kind, channels, (int)rate, bits);
    }

    private static Samples Decode(ReadOnlySpan<byte> data, int kind, int channels, int rate, int bits, double mostSeconds)
    {
        int size = bits / 8, frame = size * channels, count = data.Length / frame;
        if (count > mostSeconds * rate) throw new SoundFormatException($"it is {(double)count / rate:0} seconds long; at most {mostSeconds:0} are taken.");
        var values = new float[count];
        if ((kind, bits, channels) == (Pcm, 16, 1) && BitConverter.IsLittleEndian)
        {
            var source = MemoryMarshal.Cast<byte, short>(data);
            for (var i = 0; i < count; i++) values[i] = source[i] / 32768f;
            return new Samples(values, rate);
        }
        for (var i = 0; i < count; i++)
        {
            var sum = 0d;
            for (var channel = 0; channel < channels; channel++) sum += Value(data.Slice(i * frame + channel * size, size), kind);
            values[i] = float.IsFinite((float)sum) ? Math.Clamp((float)(sum / channels), -1f, 1f) : 0;
        }
        return new Samples(values, rate);
    }

    private static double Value(ReadOnlySpan<byte> sample, int kind) => (kind, sample.Length) switch
    {
        (Float, 4) => BinaryPrimitives.ReadSingleLittleEndian(sample),
        (Float, _) => BinaryPrimitives.ReadDoubleLittleEndian(sample),
        (_, 1) => (sample[0] - 128) / 128d,
        (_, 2) => BinaryPrimitives.ReadInt16LittleEndian(sample) / 32768d,
        (_, 3) => ((sample[0] | sample[1] << 8 | sample[2] << 16) << 8 >> 8) / 8388608d,
        _ => BinaryPrimitives.ReadInt32LittleEndian(sample) / 2147483648d,
    };
}
