using System.Buffers.Binary;
using Resultity.Onnx.Speech.Features;
using Resultity.Onnx.Speech.Sound;
using Xunit;

namespace Resultity.Onnx.Tests.Speech;

public sealed class SoundTests
{
    private static float[] Tone(double hertz, int rate, double seconds, double loudness = 0.5) =>
        [.. Enumerable.Range(0, (int)(rate * seconds)).Select(i => (float)(loudness * Math.Sin(2 * Math.PI * hertz * i / rate)))];

    private static byte[] Wav(int kind, int channels, int rate, int bits, byte[] data)
    {
        var header = WavWriter.Header(rate, data.Length);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(20), (short)kind);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(22), (short)channels);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(34), (short)bits);
        return [.. header, .. data];
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(1, 16)]
    [InlineData(1, 24)]
    [InlineData(1, 32)]
    [InlineData(3, 32)]
    [InlineData(3, 64)]
    public void Every_kind_of_sample_reads_as_the_amplitude_that_was_written(int kind, int bits)
    {
        var tone = Tone(440, 22_050, 0.2);
        var data = new MemoryStream();
        foreach (var value in tone)
            data.Write((kind, bits) switch
            {
                (3, 32) => BitConverter.GetBytes(value),
                (3, _) => BitConverter.GetBytes((double)value),
                (_, 8) => [(byte)(Math.Round(value * 128d) + 128)],
                (_, 16) => BitConverter.GetBytes((short)Math.Round(value * 32768d)),
                (_, 24) => BitConverter.GetBytes((int)Math.Round(value * 8388608d))[..3],
                _ => BitConverter.GetBytes((int)Math.Round(value * 2147483648d)),
            });
        var read = WavReader.Read(Wav(kind, 1, 22_050, bits, data.ToArray()), 10);
        Assert.Equal((22_050, tone.Length), (read.Rate, read.Values.Length));
        for (var i = 0; i < tone.Length; i++) Assert.Equal(tone[i], read.Values.Span[i], bits == 8 ? 0.005 : 0.0001);
    }

    [Fact]
    public void Channels_are_averaged()
    {
        var data = new byte[4000];
        for (var i = 0; i < 1000; i++) BinaryPrimitives.WriteInt16LittleEndian(data.AsSpan(i * 4), 16384);
        Assert.All(WavReader.Read(Wav(1, 2, 8000, 16, data), 10).Values.ToArray(), static value => Assert.Equal(0.25f, value));
    }

    [Fact]
    public void A_file_whose_length_was_not_known_when_it_was_begun_is_read_to_its_end()
    {
        var file = (byte[])[.. WavWriter.Header(16_000, null), .. new byte[3200]];
        Assert.Equal(0.1, WavReader.Read(file, 10).Seconds, 6);
    }

    [Fact]
    public void Broken_files_are_refused_and_never_fail_otherwise()
    {
        var good = WavWriter.File(new Samples(Tone(300, 8000, 0.05), 8000));
        Assert.Throws<SoundFormatException>(() => WavReader.Read([], 10));
        Assert.Throws<SoundFormatException>(() => WavReader.Read(Wav(1, 0, 8000, 16, new byte[8]), 10));
        Assert.Throws<SoundFormatException>(() => WavReader.Read(Wav(85, 1, 8000, 16, new byte[8]), 10));
        Assert.Contains("at most 2", Assert.Throws<SoundFormatException>(() => WavReader.Read(Wav(1, 1, 1000, 8, new byte[2001]), 2)).Message, StringComparison.Ordinal);
        var random = new Random(9);
        for (var round = 0; round < 20_000; round++)
        {
            var broken = good[..random.Next(good.Length)];
            for (var changes = random.Next(8); changes > 0 && broken.Length > 0; changes--) broken[random.Next(Math.Min(broken.Length, 60))] = (byte)random.Next(256);
            try
            {
                Assert.True(WavReader.Read(broken, 10).Seconds <= 10);
            }
            catch (SoundFormatException)
            {
                // A refusal is what is asked for.
            }
        }
    }

    [Theory]
    [InlineData(44_100)]
    [InlineData(8_000)]
    [InlineData(22_050)]
    [InlineData(48_000)]
    [InlineData(11_127)]
    public void Another_rate_keeps_the_tone(int rate)
    {
        var resampled = Resampler.Resample(new Samples(Tone(1000, rate, 0.5), rate), 16_000).Values.ToArray();
        var expected = Tone(1000, 16_000, 0.5);
        Assert.Equal(expected.Length, resampled.Length, 2.0);
        for (var i = 400; i < 7000; i++) Assert.Equal(expected[i], resampled[i], 0.01);
    }

    [Fact]
    public void What_the_new_rate_can_not_carry_is_gone()
    {
        var resampled = Resampler.Resample(new Samples(Tone(11_000, 44_100, 0.5), 44_100), 16_000).Values.ToArray();
        Assert.True(resampled[400..7000].Max(Math.Abs) < 0.01);
    }

    [Fact]
    public void Long_sound_is_cut_where_it_is_silent_and_nothing_is_lost()
    {
        float[] spoken = Tone(300, 16_000, 2.5), silent = new float[8000];
        float[] all = [.. spoken, .. silent, .. spoken, .. silent, .. spoken, .. silent, .. spoken];
        var pieces = SilenceCutter.Cut(new Samples(all, 16_000), 4);
        Assert.Equal(0, pieces[0].Start.Value);
        Assert.Equal(all.Length, pieces[^1].End.Value);
        for (var i = 1; i < pieces.Count; i++)
        {
            Assert.Equal(pieces[i - 1].End, pieces[i].Start);
            Assert.Equal(0f, all[pieces[i].Start.Value]);
        }
        Assert.All(pieces, static piece => Assert.InRange(piece.End.Value - piece.Start.Value, 1, 64_000));
    }

    [Fact]
    public void The_picture_of_sound_is_whisper_s()
    {
        // A direct transform of every window, with the filters built from the definition of the scale.
        var sound = Tone(440, 16_000, 0.4).Zip(Tone(2500, 16_000, 0.4, 0.1), static (a, b) => a + b).ToArray();
        var picture = new LogMel(80, 400, 160, 16_000).Compute(sound, 50);
        var padded = new float[8000];
        sound.CopyTo(padded, 0);
        double[] Power(int frame) => [.. Enumerable.Range(0, 201).Select(bin =>
        {
            double real = 0, imaginary = 0;
            for (var i = 0; i < 400; i++)
            {
                var at = Math.Abs((frame * 160) + i - 200);
                if (at >= 8000) at = (2 * 7999) - at;
                var value = padded[at] * (0.5 - (0.5 * Math.Cos(2 * Math.PI * i / 400)));
                real += value * Math.Cos(2 * Math.PI * i * bin / 400);
                imaginary -= value * Math.Sin(2 * Math.PI * i * bin / 400);
            }
            return (real * real) + (imaginary * imaginary);
        })];
        double Hertz(double mel) => mel < 15 ? mel * 200 / 3 : 1000 * Math.Exp((mel - 15) * Math.Log(6.4) / 27);
        var top = 15 + (Math.Log(8) / (Math.Log(6.4) / 27));
        double Filter(int mel, int bin)
        {
            double low = Hertz(top * mel / 81), middle = Hertz(top * (mel + 1) / 81), high = Hertz(top * (mel + 2) / 81), hertz = bin * 40.0;
            return Math.Max(0, Math.Min((hertz - low) / (middle - low), (high - hertz) / (high - middle))) * 2 / (high - low);
        }
        var frames = Enumerable.Range(0, 50).Select(Power).ToArray();
        var logs = new double[80, 50];
        var most = double.MinValue;
        for (var mel = 0; mel < 80; mel++)
            for (var frame = 0; frame < 50; frame++)
            {
                logs[mel, frame] = Math.Log10(Math.Max(1e-10, Enumerable.Range(0, 201).Sum(bin => Filter(mel, bin) * frames[frame][bin])));
                most = Math.Max(most, logs[mel, frame]);
            }
        for (var mel = 0; mel < 80; mel++)
            for (var frame = 0; frame < 50; frame++)
                Assert.Equal((Math.Max(logs[mel, frame], most - 8) + 4) / 4, picture[(mel * 50) + frame], 0.001);
    }
}
