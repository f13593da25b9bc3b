using System.Text.Json;
using Resultity.Onnx.Speech;

namespace Resultity.Node.Runtimes.WhisperCpp;

/// <summary>Reads whisper-server's <c>verbose_json</c> of one piece of sound.</summary>
internal static class WhisperAnswer
{
    /// <param name="answer">What the server answered.</param>
    /// <param name="offset">Second at which the piece begins in the whole sound.</param>
    /// <param name="length">Seconds of the piece; the server's times may lie beyond, in the silence that it adds.</param>
    /// <param name="language">The spoken language, where it is known.</param>
    /// <param name="options">What is wanted.</param>
    /// <returns>The language that the server heard, and the segments.</returns>
    public static (string Language, List<TranscriptSegment> Segments) Read(JsonElement answer, double offset, double length, string? language, TranscriptionOptions options)
    {
        var heard = language ?? WhisperLanguages.Find(Text(answer, "language")) ?? "en";
        var segments = new List<TranscriptSegment>();
        foreach (var segment in answer.GetProperty("segments"u8).EnumerateArray())
        {
            var text = Text(segment, "text");
            if (string.IsNullOrWhiteSpace(text)) continue;
            var (start, end) = Times(segment, offset, length);
            segments.Add(new TranscriptSegment(
                start,
                end,
                text,
                [.. segment.GetProperty("tokens"u8).EnumerateArray().Select(static token => token.GetInt32())],
                Number(segment, "temperature"),
                Number(segment, "avg_logprob"),
                TranscriptSegment.CompressionOf(text),
                Number(segment, "no_speech_prob"),
                options.Words ? Words(segment, offset, length, options.Translate ? "en" : heard) : null));
        }

        return (heard, segments);
    }

    // What the server calls words are its tokens: one that begins with a blank begins a word.
    private static List<TranscriptWord> Words(JsonElement segment, double offset, double length, string language)
    {
        var words = new List<TranscriptWord>();
        if (!segment.TryGetProperty("words"u8, out var tokens)) return words;
        var spaced = WhisperLanguages.HasBlanks(language);
        foreach (var token in tokens.EnumerateArray())
        {
            var text = Text(token, "word");
            var (start, end) = Times(token, offset, length);
            var mark = text.All(static c => char.IsPunctuation(c) || char.IsSymbol(c));
            if (words.Count == 0 || (spaced ? text.StartsWith(' ') && !text.AsSpan(1).IsWhiteSpace() : text.Length > 0 && !mark)) words.Add(new TranscriptWord(text, start, end));
            else words[^1] = new TranscriptWord(words[^1].Text + text, words[^1].Start, Math.Max(words[^1].End, end));
        }

        return [.. words.Select(static word => word with { Text = word.Text.Trim() }).Where(static word => word.Text.Length > 0)];
    }

    private static (double Start, double End) Times(JsonElement part, double offset, double length)
    {
        var start = Math.Clamp(Number(part, "start"), 0, length);
        return (offset + start, offset + Math.Clamp(Number(part, "end"), start, length));
    }

    private static string Text(JsonElement part, string name) =>
        part.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static double Number(JsonElement part, string name) =>
        part.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;
}
