using System.Buffers.Binary;
using Resultity.Onnx.Speech;

namespace Resultity.Node.Runtimes.WhisperCpp;

/// <summary>What the header of a Whisper model in ggml's format says.</summary>
/// <param name="Vocabulary">How many tokens it has, which tells the languages.</param>
/// <param name="TextContext">The most tokens of one piece.</param>
/// <param name="MemoryBytes">What whisper-server takes with it, about.</param>
internal sealed record WhisperFacts(int Vocabulary, int TextContext, long MemoryBytes)
{
    private const uint Magic = 0x67676d6c;
    private const int HeaderInts = 12;
    private const int FirstMultilingual = 51865;

    /// <summary>Buffers of the computation, and code.</summary>
    private const long Overhead = 192L << 20;

    /// <summary>Sequences that are written at once while the likeliest is looked for.</summary>
    private const int Decoders = 5;

    /// <summary>Whether it knows other languages than English, and so translates.</summary>
    public bool IsMultilingual => Vocabulary >= FirstMultilingual;

    /// <summary>Codes of the languages that it knows.</summary>
    public IReadOnlyCollection<string> Languages { get; } = Vocabulary < FirstMultilingual ? ["en"]
        // Cantonese came with the largest model's third version, which has one token more.
        : [.. WhisperLanguages.Codes.Where(code => code != "yue" || Vocabulary > FirstMultilingual)];

    /// <summary>Whether a file begins as such a model does.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static bool IsModel(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && BinaryPrimitives.ReadUInt32LittleEndian(magic) == Magic;
    }

    /// <exception cref="InvalidDataException">Not such a model, or a damaged one.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static WhisperFacts Read(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> bytes = stackalloc byte[HeaderInts * sizeof(int)];
        if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw new InvalidDataException("it ends inside its header");
        Span<int> header = stackalloc int[HeaderInts];
        for (var i = 0; i < HeaderInts; i++) header[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * sizeof(int))..]);
        if ((uint)header[0] != Magic) throw new InvalidDataException("it is not a Whisper model in ggml's format");
        var (vocabulary, soundContext, textContext, width, layers) = (header[1], header[2], header[6], header[7], header[9]);
        if (vocabulary is < 50_000 or > 100_000 || soundContext is < 1 or > 100_000 || textContext is < 1 or > 100_000 || width is < 1 or > 100_000 || layers is < 1 or > 1000)
            throw new InvalidDataException("its header does not hold together");
        // Keys and values in half precision: of the text for each sequence, of the sound once.
        var caches = 2L * 2 * layers * width * ((long)textContext * Decoders + soundContext);
        return new WhisperFacts(vocabulary, textContext, file.Length + caches + Overhead);
    }
}
