using System.Text.Json;
using Resultity.Node.Runtimes.WhisperCpp;
using Resultity.Onnx.Speech;

namespace Resultity.Node.Tests.Runtimes.WhisperCpp;

public sealed class WhisperAnswerTests
{
    private static readonly TranscriptionOptions Words = new() { Words = true };

    private static (string Language, List<TranscriptSegment> Segments) Read(string json, string? language = null, TranscriptionOptions? options = null, double offset = 10, double length = 4)
    {
        using var document = JsonDocument.Parse(json);
        return WhisperAnswer.Read(document.RootElement, offset, length, language, options ?? Words);
    }

    private static string Segment(string text, double start, double end, params (string Text, double Start, double End)[] tokens) => JsonSerializer.Serialize(new
    {
        text,
        start,
        end,
        tokens = new[] { 1, 2 },
        words = tokens.Select(static token => new { word = token.Text, start = token.Start, end = token.End }),
        temperature = 0.2,
        avg_logprob = -0.5,
        no_speech_prob = 0.25,
    });

    [Fact]
    public void Times_are_those_of_the_whole_sound_and_end_with_the_piece()
    {
        var (language, segments) = Read($$"""{"language":"german","segments":[{{Segment(" Hallo", 0, 1.5)}},{{Segment(" Welt", 1.5, 30)}}]}""");
        Assert.Equal("de", language);
        Assert.Equal([(10, 11.5), (11.5, 14)], segments.Select(static segment => (segment.Start, segment.End)));
        Assert.Equal([0.2, -0.5, 0.25], [segments[0].Temperature, segments[0].Likelihood, segments[0].NoSpeech]);
    }

    [Fact]
    public void Tokens_are_put_together_to_words()
    {
        var (_, segments) = Read($$"""{"segments":[{{Segment(" Unhappily, no.", 0, 2, (" Un", 0, 0.5), ("happily", 0.5, 1), (",", 1, 1), (" no", 1, 1.75), (".", 1.75, 2))}}]}""", "en");
        Assert.Equal([("Unhappily,", 10, 11), ("no.", 11, 12)], segments[0].Words!.Select(static word => (word.Text, word.Start, word.End)));
    }

    [Fact]
    public void Without_blanks_between_words_each_token_is_one()
    {
        var (_, segments) = Read($$"""{"segments":[{{Segment("你好。", 0, 2, ("你", 0, 1), ("好", 1, 2), ("。", 2, 2))}}]}""", "zh");
        Assert.Equal(["你", "好。"], segments[0].Words!.Select(static word => word.Text));
    }

    [Fact]
    public void A_segment_without_text_is_none_and_words_are_given_only_when_asked_for()
    {
        var (_, segments) = Read($$"""{"segments":[{{Segment("  ", 0, 1)}},{{Segment(" Yes", 1, 2, (" Yes", 1, 2))}}]}""", "en", new TranscriptionOptions());
        Assert.Null(Assert.Single(segments).Words);
    }
}
