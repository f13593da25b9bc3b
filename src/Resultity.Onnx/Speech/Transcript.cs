using System.IO.Compression;
using System.Text;

namespace Resultity.Onnx.Speech;

/// <summary>What was said.</summary>
/// <param name="Language">Code of the language, given or detected.</param>
/// <param name="Seconds">Length of the whole sound.</param>
/// <param name="Segments">In order.</param>
public sealed record Transcript(string Language, double Seconds, IReadOnlyList<TranscriptSegment> Segments)
{
    /// <summary>The segments' texts together.</summary>
    public string Text => RawText.Trim();

    /// <summary>The same with the blank before the first word, so that what follows another transcript can be put behind it.</summary>
    public string RawText => string.Concat(Segments.Select(static segment => segment.Text));
}

/// <summary>A part of a transcript.</summary>
/// <param name="Start">Second in the whole sound.</param>
/// <param name="End">Second in the whole sound.</param>
/// <param name="Text">With the blank before the first word, where the language has blanks.</param>
/// <param name="Tokens">The model's tokens, times included.</param>
/// <param name="Temperature">With which it was written in the end.</param>
/// <param name="Likelihood">Mean logarithm of the tokens' probabilities in this segment's piece.</param>
/// <param name="Compression">How many times smaller its piece's text becomes when compressed; text that repeats itself has a high one.</param>
/// <param name="NoSpeech">Probability that nothing is said in its piece.</param>
/// <param name="Words">With times; null where they were not asked for.</param>
public sealed record TranscriptSegment(double Start, double End, string Text, IReadOnlyList<int> Tokens, double Temperature, double Likelihood, double Compression, double NoSpeech,
    IReadOnlyList<TranscriptWord>? Words)
{
    /// <summary>How many times smaller a text becomes when compressed.</summary>
    public static double CompressionOf(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length == 0) return 0;
        using var compressed = new MemoryStream();
        using (var stream = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) stream.Write(bytes);
        return (double)bytes.Length / compressed.Length;
    }
}

/// <summary>A word with its times.</summary>
/// <param name="Text">With its punctuation, without blanks.</param>
/// <param name="Start">Second in the whole sound.</param>
/// <param name="End">Second in the whole sound.</param>
public sealed record TranscriptWord(string Text, double Start, double End);
