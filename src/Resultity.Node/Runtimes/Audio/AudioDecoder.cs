using System.Buffers.Binary;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Node.Runtimes.Processes;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>Makes samples of files that clients send: WAVE by itself, the others through ffmpeg.</summary>
internal sealed class AudioDecoder(Ffmpeg ffmpeg, AudioLimits limits)
{
    /// <summary>The sound of a file in one channel, at the rate that is wanted or, where the file is read without ffmpeg, at its own.</summary>
    /// <exception cref="InvalidRequestException">The file is none that can be heard; the message says why.</exception>
    public async Task<Samples> DecodeAsync(ReadOnlyMemory<byte> file, int rate, CancellationToken cancellation)
    {
        if (file.IsEmpty) throw Refused("the file is empty.");
        var container = AudioContainer.Of(file.Span) ?? throw Refused($"the file is not one of the supported formats, whatever its name says. Send {AudioContainer.Supported}.");
        if (container.IsWav)
        {
            try
            {
                return WavReader.Read(file.Span, limits.MostSeconds);
            }
            catch (SoundFormatException) when (Ffmpeg.IsThere)
            {
                // A WAVE file may hold any codec; what ffmpeg says is final.
            }
            catch (SoundFormatException error)
            {
                throw Refused($"the wav file can't be read: {error.Message}");
            }
        }
        if (!Ffmpeg.IsThere) throw Refused($"this node has no ffmpeg, which reading {container.Name} takes. Send wav.");
        var samples = await DecodeAsync(file, container, rate, cancellation);
        if (samples.Values.IsEmpty) throw Refused($"the {container.Name} file holds no sound.");
        return samples;
    }

    private async Task<Samples> DecodeAsync(ReadOnlyMemory<byte> file, AudioContainer container, int rate, CancellationToken cancellation)
    {
        // A file rather than a pipe: mp4 keeps its index at its end.
        var folder = Directory.CreateTempSubdirectory("resultity-audio-");
        try
        {
            var path = Path.Combine(folder.FullName, "sound");
            await using (var copy = File.Create(path)) await copy.WriteAsync(file, cancellation);
            var collected = new SampleCollector();
            try
            {
                await ffmpeg.DecodeAsync(path, container, rate, limits.MostSeconds + 1, collected.Add, cancellation);
            }
            catch (ChildException error) when (error.Message.Contains("did not end within", StringComparison.Ordinal) || error.Message.Contains("wrote more than", StringComparison.Ordinal))
            {
                throw Refused($"decoding the {container.Name} file takes more time or room than this node gives.");
            }
            catch (ChildException)
            {
                throw Refused($"the {container.Name} file can't be decoded: it is damaged, cut off, or holds a codec that is not supported.");
            }
            if (collected.Count > limits.MostSeconds * rate) throw TooLong();
            return new Samples(collected.Take(), rate);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private InvalidRequestException TooLong() => Refused($"the sound is longer than {limits.MostSeconds:0} seconds. Send it in parts.");

    private static InvalidRequestException Refused(string why) => new($"Invalid 'file': {why}", "file", "invalid_audio");

    /// <summary>Holds samples as they come, in pieces: what turns out to be too long costs half of what it would as numbers, and nothing is copied until all is there.</summary>
    private sealed class SampleCollector
    {
        private const int Piece = 1 << 18;

        private readonly List<short[]> _pieces = [];
        private int _last = Piece;
        private int _half = -1;

        public long Count => (long)Piece * (_pieces.Count - 1) + _last;

        public void Add(ReadOnlySpan<byte> bytes)
        {
            if (_half >= 0 && bytes.Length > 0)
            {
                Put((short)(_half | bytes[0] << 8));
                _half = -1;
                bytes = bytes[1..];
            }
            for (; bytes.Length >= 2; bytes = bytes[2..]) Put(BinaryPrimitives.ReadInt16LittleEndian(bytes));
            if (bytes.Length == 1) _half = bytes[0];
        }

        /// <summary>All samples as numbers in -1..1. Can be called once.</summary>
        public float[] Take()
        {
            var values = new float[_pieces.Count == 0 ? 0 : Count];
            var at = 0;
            for (var i = 0; i < _pieces.Count; i++)
            {
                foreach (var value in _pieces[i].AsSpan(0, i == _pieces.Count - 1 ? _last : Piece)) values[at++] = value / 32768f;
                _pieces[i] = [];
            }
            return values;
        }

        private void Put(short value)
        {
            if (_last == Piece)
            {
                _pieces.Add(new short[Piece]);
                _last = 0;
            }
            _pieces[^1][_last++] = value;
        }
    }
}
