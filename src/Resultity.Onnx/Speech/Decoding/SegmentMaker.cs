using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Speech.Decoding;

/// <summary>Makes segments of a passage: between its pairs of times, or one where it has none.</summary>
internal sealed class SegmentMaker(WhisperConfig config, WhisperTokens tokens, Tokenizer tokenizer, TranscriptionOptions options)
{
    /// <summary>The segments, and the second of the piece at which a passage that met its limit is to be continued; null where it is whole.</summary>
    /// <param name="passage">About the piece.</param>
    /// <param name="offset">Second of the whole sound at which the piece begins.</param>
    /// <param name="seconds">Length of the piece.</param>
    /// <param name="language">Code of the language that is written.</param>
    public (List<TranscriptSegment> Segments, double? Continue) Make(Passage passage, double offset, double seconds, string language)
    {
        var segments = new List<TranscriptSegment>();
        var words = options.Words && passage.Looks.Count > 0 ? WordAligner.Times(passage, tokens, (int)Math.Ceiling(seconds / WhisperConfig.StepSeconds)) : null;
        double start = 0, last = 0;
        var from = 0;
        for (var at = 0; at <= passage.Tokens.Count; at++)
        {
            if (at < passage.Tokens.Count && !tokens.IsTime(passage.Tokens[at])) continue;
            var time = at < passage.Tokens.Count ? Math.Min(seconds, (passage.Tokens[at] - tokens.FirstTime) * WhisperConfig.StepSeconds) : seconds;
            if (from < at && passage.Tokens.GetRange(from, at - from).Exists(tokens.IsText))
            {
                if (at == passage.Tokens.Count && !passage.Ended && last > 0) break;
                segments.Add(Segment(passage, from, at, offset, Math.Min(start, time), time, language, words));
                last = time;
            }
            start = time;
            from = at + 1;
        }
        return (segments, !passage.Ended && last > 0 && last < seconds - 1 ? last : null);
    }

    private TranscriptSegment Segment(Passage passage, int from, int to, double offset, double start, double end, string language, double[]? times)
    {
        var part = passage.Tokens.GetRange(from, to - from);
        var text = tokenizer.Decode([.. part.Where(tokens.IsText)], skipSpecial: true);
        IReadOnlyList<TranscriptWord>? words = null;
        if (options.Words)
        {
            var pieces = WordSplitter.Split(part, tokens, tokenizer, language);
            words = times is null ? WordAligner.Spread(pieces, offset + start, offset + end) : WordAligner.Place(pieces, times, from, offset, start, end);
        }
        var whole = options.Segments ? [tokens.FirstTime + (int)Math.Round(start / WhisperConfig.StepSeconds), .. part, tokens.FirstTime + (int)Math.Round(end / WhisperConfig.StepSeconds)] : part;
        return new TranscriptSegment(offset + start, offset + Math.Min(end, config.Seconds), text, whole, passage.Temperature, passage.Likelihood, passage.Compression, passage.NoSpeech, words);
    }
}
