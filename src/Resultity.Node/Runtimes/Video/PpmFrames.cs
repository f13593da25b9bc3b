using System.Globalization;
using System.Text;
using Resultity.Onnx.Imaging;

namespace Resultity.Node.Runtimes.Video;

/// <summary>Takes frames out of a stream of PPM images, and keeps some of them at even distances, however many come.</summary>
/// <param name="most">The most frames that are kept; an even number.</param>
internal sealed class PpmFrames(int most)
{
    private const int LongestHead = 32;
    private const int LargestSide = 4096;

    private readonly List<Picture> _kept = [];
    private readonly List<byte> _head = [];
    private (int Width, int Height) _size;
    private byte[]? _pixels;
    private int _filled;
    private int _stride = 1;

    /// <summary>How many frames have come.</summary>
    public int Count { get; private set; }

    /// <summary>The kept frames, each with its number among all that came.</summary>
    public IReadOnlyList<(int Number, Picture Picture)> Kept => [.. _kept.Select((picture, at) => (at * _stride, picture))];

    /// <summary>Takes in what has come.</summary>
    /// <exception cref="InvalidDataException">It is no such stream.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = _pixels is null ? bytes[Head(bytes)..] : bytes[Fill(bytes)..];
        }
    }

    // "P6\n64 48\n255\n", then the pixels.
    private int Head(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; at < bytes.Length; at++)
        {
            _head.Add(bytes[at]);
            if (_head.Count > LongestHead) throw new InvalidDataException("The head of a frame is too long.");
            if (bytes[at] != '\n' || _head.Count(static one => one == '\n') < 3) continue;
            var words = Encoding.ASCII.GetString([.. _head]).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            if (words is not ["P6", var width, var height, "255"] || !TrySide(width, out _size.Width) || !TrySide(height, out _size.Height)) throw new InvalidDataException("The head of a frame is damaged.");
            _pixels = new byte[_size.Width * _size.Height * 3];
            _filled = 0;
            _head.Clear();
            return at + 1;
        }

        return bytes.Length;
    }

    private static bool TrySide(string text, out int side) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side is >= 1 and <= LargestSide;

    private int Fill(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, _pixels!.Length - _filled);
        bytes[..count].CopyTo(_pixels.AsSpan(_filled));
        _filled += count;
        if (_filled == _pixels.Length)
        {
            Keep(_pixels);
            _pixels = null;
        }

        return count;
    }

    private void Keep(byte[] rgb)
    {
        if (Count++ % _stride != 0) return;
        if (_kept.Count == most)
        {
            for (var at = _kept.Count - 1; at > 0; at -= 2) _kept.RemoveAt(at);
            _stride *= 2;
            if ((Count - 1) % _stride != 0) return;
        }

        var pixels = new byte[_size.Width * _size.Height * 4];
        for (var pixel = 0; pixel < _size.Width * _size.Height; pixel++)
        {
            rgb.AsSpan(pixel * 3, 3).CopyTo(pixels.AsSpan(pixel * 4));
            pixels[(pixel * 4) + 3] = 255;
        }

        _kept.Add(new Picture(_size.Width, _size.Height, pixels));
    }
}
