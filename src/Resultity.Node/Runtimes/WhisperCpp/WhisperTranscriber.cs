using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Resultity.Node.Runtimes.Audio;
using Resultity.Onnx.Speech;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.WhisperCpp;

/// <summary>Speech through a whisper-server. Sound goes there in pieces of what the model hears at once, cut where it is quietest.</summary>
/// <remarks>So a stream begins after the first piece, a request that is given up costs one piece at most, and no piece depends on another.</remarks>
internal sealed class WhisperTranscriber(HttpMessageInvoker http, Uri server, WhisperFacts facts) : ITranscriber
{
    /// <summary>What the model hears at once.</summary>
    private const double PieceSeconds = 30;

    /// <summary>The server passes over what is shorter than a tenth of this.</summary>
    private const double ShortestSeconds = 1;

    private const int LongestAnswer = 8 << 20;

    private readonly Uri _path = new(server, "inference");

    public IReadOnlyCollection<string> Languages => facts.Languages;

    public bool Translates => facts.IsMultilingual;

    /// <exception cref="HttpRequestException">The server ended, or can't do it.</exception>
    public async Task<Transcript> TranscribeAsync(Samples sound, TranscriptionOptions options, Func<TranscriptSegment, ValueTask>? onSegment, CancellationToken cancellation)
    {
        sound = await Task.Run(() => Resampler.Resample(sound, SpeechModel.Rate), cancellation);
        var pieces = SilenceCutter.Cut(sound, PieceSeconds);
        var (index, count) = options.Part;
        var language = options.Language ?? (facts.IsMultilingual ? null : "en");
        var segments = new List<TranscriptSegment>();
        for (var i = pieces.Count * index / count; i < pieces.Count * (index + 1) / count; i++)
        {
            var (start, length) = pieces[i].GetOffsetAndLength(sound.Values.Length);
            var piece = sound.Values.Slice(start, length);
            if (Silence.IsQuiet(piece.Span)) continue;
            using var answer = await AskAsync(piece, language, options, cancellation);
            var (told, made) = WhisperAnswer.Read(answer.RootElement, (double)start / SpeechModel.Rate, (double)length / SpeechModel.Rate, language, options);
            // What the first piece is in, all are in.
            language ??= told;
            foreach (var segment in made)
            {
                segments.Add(segment);
                if (onSegment is not null) await onSegment(segment);
            }
        }

        return new Transcript(language ?? "en", sound.Seconds, segments);
    }

    private async Task<JsonDocument> AskAsync(ReadOnlyMemory<float> piece, string? language, TranscriptionOptions options, CancellationToken cancellation)
    {
        var samples = new float[Math.Max(piece.Length, (int)(ShortestSeconds * SpeechModel.Rate))];
        piece.CopyTo(samples);
        using var form = new MultipartFormDataContent();
        var file = new ByteArrayContent(WavWriter.File(new Samples(samples, SpeechModel.Rate)));
        file.Headers.ContentType = new MediaTypeHeaderValue("audio/wav");
        // Names in quotes: the server's reader of forms is strict.
        form.Add(file, "\"file\"", "\"sound.wav\"");
        void Add(string name, string value) => form.Add(new StringContent(value), $"\"{name}\"");
        Add("response_format", "verbose_json");
        Add("language", language ?? "auto");
        Add("translate", options.Translate ? "true" : "false");
        Add("temperature", options.Temperature.ToString(CultureInfo.InvariantCulture));
        // The languages' probabilities would take another look at the sound.
        Add("no_language_probabilities", "true");
        // Segments as the model makes them, not cut to lines of a terminal.
        Add("max_len", "10000");
        if (options.Prompt is { } prompt) Add("prompt", prompt);
        using var request = new HttpRequestMessage(HttpMethod.Post, _path) { Version = HttpVersion.Version11, Content = form };
        using var response = await http.SendAsync(request, cancellation);
        await response.Content.LoadIntoBufferAsync(LongestAnswer, cancellation);
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        try
        {
            var document = JsonDocument.Parse(body);
            if (response.StatusCode == HttpStatusCode.OK && document.RootElement.TryGetProperty("segments"u8, out _)) return document;
            document.Dispose();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Told below, as every other answer that is none.
        }

        throw new HttpRequestException($"whisper-server answered {(int)response.StatusCode} without segments");
    }
}
