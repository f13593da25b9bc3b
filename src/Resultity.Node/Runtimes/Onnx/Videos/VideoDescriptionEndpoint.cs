using System.Globalization;
using System.Text.Json;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Images;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Runtimes.Video;
using Resultity.Onnx.Captioning;
using Resultity.Onnx.Imaging;
using Resultity.Onnx.Motion;
using Resultity.Onnx.Speech;

namespace Resultity.Node.Runtimes.Onnx.Videos;

/// <summary>Serves <c>/v1/videos/description</c>: a captioner describes some frames, the movement between them is followed, and what is said is written down.</summary>
/// <param name="tool">Decodes the frames.</param>
/// <param name="sounds">Decodes the sound.</param>
/// <param name="speech">A model of this node that writes speech down; <see langword="null"/> if there is none.</param>
/// <param name="time">The clock.</param>
internal sealed class VideoDescriptionEndpoint(VideoTool tool, AudioDecoder sounds, Func<CancellationToken, Task<SpeechModel?>> speech, TimeProvider time)
{
    private const double SamplesPerSecond = 4;
    private const int MostKept = 64, DefaultFrames = 6, MostFrames = 32;
    private static readonly string[] Plain = ["frames", "transcript"];

    public async ValueTask ServeAsync(RuntimeExchange exchange, LoadedCaptionModel model, CancellationToken cancellation)
    {
        using var body = MediaFields.Read(exchange, Plain);
        var fields = body.Fields;
        if (fields.Text("language") is { } language && !language.StartsWith("en", StringComparison.OrdinalIgnoreCase))
            throw new InvalidRequestException($"'language' cannot be '{RequestFields.Shortened(language)}': the model '{exchange.Model}' writes English.", "language", "unsupported_value");
        var wanted = (int)(fields.Integer("frames", 1, MostFrames) ?? DefaultFrames);
        var asText = fields.Choice("response_format", "json", "json", "text") == "text";
        var file = body.Files("video").FirstOrDefault() is { IsEmpty: false } sent ? sent : DataUrl.Read(fields.RequiredText("video"), "video", "video");
        var (kept, count) = await FramesAsync(file, cancellation);
        var shown = Spread(kept, wanted);
        var captions = await Task.Run(() => shown.ConvertAll(frame => model.Model.Describe(Focused(frame.Picture), new CaptionOptions(), null, cancellation)), cancellation);
        var motion = await Task.Run(() => MotionReader.Read([.. kept.Select(static frame => frame.Picture)]), cancellation);
        var transcript = fields.Flag("transcript", otherwise: true) ? await TranscriptAsync(file, cancellation) : null;
        var text = VideoText.Of(captions.ConvertAll(static caption => caption.Text), motion);
        var tokens = captions.Sum(static caption => (long)caption.Tokens);
        if (asText)
        {
            exchange.Usage = new(0, tokens);
            await exchange.RespondAsync(200, "text/plain; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(transcript is null ? text : $"{text}\n{transcript}"), cancellation);
            return;
        }

        using var buffer = new AnswerBuffer();
        var json = buffer.Json;
        json.WriteStartObject();
        json.WriteNumber("created"u8, time.GetUtcNow().ToUnixTimeSeconds());
        json.WriteString("model"u8, exchange.Model);
        json.WriteNumber("duration"u8, count / SamplesPerSecond);
        json.WriteStartArray("data"u8);
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        json.WriteString("motion"u8, motion);
        json.WriteStartArray("frames"u8);
        for (var at = 0; at < shown.Count; at++) WriteFrame(json, shown[at].Number / SamplesPerSecond, captions[at].Text);
        json.WriteEndArray();
        json.WriteString("transcript"u8, transcript);
        json.WriteEndObject();
        json.WriteEndArray();
        ImageFacts.WriteUsage(json, 0, 0, 0, tokens);
        json.WriteEndObject();
        await exchange.RespondAsync(200, "application/json", buffer.Written, cancellation);
    }

    private static void WriteFrame(Utf8JsonWriter json, double seconds, string text)
    {
        json.WriteStartObject();
        json.WriteNumber("time"u8, seconds);
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }

    /// <summary>Frames at even distances, from the first to the last.</summary>
    private static List<(int Number, Picture Picture)> Spread(IReadOnlyList<(int Number, Picture Picture)> frames, int wanted)
    {
        if (wanted >= frames.Count) return [.. frames];
        return wanted == 1 ? [frames[frames.Count / 2]] : [.. Enumerable.Range(0, wanted).Select(at => frames[at * (frames.Count - 1) / (wanted - 1)])];
    }

    /// <summary>A square part with the thing in it: captioners look at squares, and a narrow frame made square shows everything too wide.</summary>
    private static Picture Focused(Picture frame)
    {
        var stage = Stage.Of(frame);
        if (!stage.HasThing || frame.Width == frame.Height) return frame;
        var side = Math.Min(frame.Width, frame.Height);
        var (left, top) = (Math.Clamp((int)stage.X - (side / 2), 0, frame.Width - side), Math.Clamp((int)stage.Y - (side / 2), 0, frame.Height - side));
        var pixels = new byte[side * side * 4];
        for (var row = 0; row < side; row++) frame.Pixels.AsSpan((((top + row) * frame.Width) + left) * 4, side * 4).CopyTo(pixels.AsSpan(row * side * 4));
        return new Picture(side, side, pixels);
    }

    private async Task<(IReadOnlyList<(int Number, Picture Picture)> Kept, int Count)> FramesAsync(ReadOnlyMemory<byte> file, CancellationToken cancellation)
    {
        if (file.IsEmpty) throw Refused("the file is empty.");
        var container = VideoContainer.Of(file.Span) ?? throw Refused($"the file is not one of the supported formats, whatever its name says. Send {VideoContainer.Supported}.");
        var folder = Directory.CreateTempSubdirectory("resultity-video-");
        try
        {
            var path = Path.Combine(folder.FullName, "video");
            await using (var copy = File.Create(path)) await copy.WriteAsync(file, cancellation);
            var frames = new PpmFrames(MostKept);
            try
            {
                await tool.DecodeAsync(path, container, SamplesPerSecond, frames, cancellation);
            }
            catch (Exception error) when (error is ChildException or InvalidDataException)
            {
                throw Refused($"the {container.Name} file can't be decoded: it is damaged, cut off, too large, or holds a codec that is not supported.");
            }

            return frames.Kept.Count > 0 ? (frames.Kept, frames.Count) : throw Refused($"the {container.Name} file holds no video.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What is said; <see langword="null"/> if nothing is, nothing can be heard, or nobody on this node can write it down.</summary>
    private async Task<string?> TranscriptAsync(ReadOnlyMemory<byte> file, CancellationToken cancellation)
    {
        if (AudioContainer.Of(file.Span) is null || await speech(cancellation) is not { } model) return null;
        try
        {
            var sound = await sounds.DecodeAsync(file, SpeechModel.Rate, cancellation);
            var transcript = await Task.Run(() => model.Transcribe(sound, new TranscriptionOptions(), cancellation: cancellation), cancellation);
            return string.Concat(transcript.Segments.Select(static segment => segment.Text)).Trim() is { Length: > 0 } said ? said : null;
        }
        catch (InvalidRequestException)
        {
            // A video without sound, or with a sound that is not understood, is still seen.
            return null;
        }
    }

    private static InvalidRequestException Refused(string why) => new(string.Create(CultureInfo.InvariantCulture, $"Invalid 'video': {why}"), "video", "invalid_video");
}
