using System.Globalization;
using System.Text;
using System.Text.Json;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Onnx.Speech;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>Writes a transcript in the formats of OpenAI's API.</summary>
internal static class TranscriptAnswer
{
    public static (string ContentType, ReadOnlyMemory<byte> Body) Write(AnswerBuffer buffer, Transcript transcript, TranscriptionRequest request, bool translation)
    {
        // A share is always an object, which the gateway makes the answer of.
        switch (request.Part.Count > 1 ? "" : request.Format)
        {
            case "text":
                return ("text/plain; charset=utf-8", Encoding.UTF8.GetBytes(transcript.Text + "\n"));
            case "srt":
                return ("text/plain; charset=utf-8", Encoding.UTF8.GetBytes(Subtitles(transcript, srt: true)));
            case "vtt":
                return ("text/vtt; charset=utf-8", Encoding.UTF8.GetBytes(Subtitles(transcript, srt: false)));
            default:
                WriteJson(buffer.Json, transcript, request, translation);
                return ("application/json", buffer.Written);
        }
    }

    public static void WriteUsage(Utf8JsonWriter json, double seconds)
    {
        json.WriteStartObject("usage"u8);
        json.WriteString("type"u8, "duration"u8);
        json.WriteNumber("seconds"u8, (long)Math.Ceiling(seconds));
        json.WriteEndObject();
    }

    public static void WriteSegment(Utf8JsonWriter json, TranscriptSegment segment, int id)
    {
        json.WriteNumber("id"u8, id);
        json.WriteNumber("seek"u8, 0);
        json.WriteNumber("start"u8, Round(segment.Start));
        json.WriteNumber("end"u8, Round(segment.End));
        json.WriteString("text"u8, segment.Text);
        json.WriteStartArray("tokens"u8);
        foreach (var token in segment.Tokens) json.WriteNumberValue(token);
        json.WriteEndArray();
        json.WriteNumber("temperature"u8, Math.Round(segment.Temperature, 2));
        json.WriteNumber("avg_logprob"u8, Math.Round(segment.Likelihood, 4));
        json.WriteNumber("compression_ratio"u8, Math.Round(segment.Compression, 4));
        json.WriteNumber("no_speech_prob"u8, Math.Round(segment.NoSpeech, 6));
    }

    private static void WriteJson(Utf8JsonWriter json, Transcript transcript, TranscriptionRequest request, bool translation)
    {
        json.WriteStartObject();
        if (request.Format == "verbose_json")
        {
            json.WriteString("task"u8, translation ? "translate"u8 : "transcribe"u8);
            json.WriteString("language"u8, translation ? "english" : WhisperLanguages.NameOf(transcript.Language));
            json.WriteNumber("duration"u8, Math.Round(transcript.Seconds, 3));
        }
        json.WriteString("text"u8, request.Part.Count == 1 ? transcript.Text : request.Format is "srt" or "vtt" ? Subtitles(transcript, request.Format == "srt") : transcript.RawText);
        if (request.Format == "verbose_json")
        {
            if (request.Segments) WriteSegments(json, transcript);
            if (request.Words) WriteWords(json, transcript);
        }
        WriteUsage(json, transcript.Seconds);
        json.WriteEndObject();
    }

    private static void WriteSegments(Utf8JsonWriter json, Transcript transcript)
    {
        json.WriteStartArray("segments"u8);
        for (var i = 0; i < transcript.Segments.Count; i++)
        {
            json.WriteStartObject();
            WriteSegment(json, transcript.Segments[i], i);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteWords(Utf8JsonWriter json, Transcript transcript)
    {
        json.WriteStartArray("words"u8);
        foreach (var word in transcript.Segments.SelectMany(static segment => segment.Words ?? []))
        {
            json.WriteStartObject();
            json.WriteString("word"u8, word.Text);
            json.WriteNumber("start"u8, Round(word.Start));
            json.WriteNumber("end"u8, Round(word.End));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static string Subtitles(Transcript transcript, bool srt)
    {
        var text = new StringBuilder(srt ? "" : "WEBVTT\n\n");
        for (var i = 0; i < transcript.Segments.Count; i++)
        {
            var segment = transcript.Segments[i];
            if (srt) text.Append(CultureInfo.InvariantCulture, $"{i + 1}\n");
            // An arrow within the text would read as another line of times.
            text.Append(CultureInfo.InvariantCulture, $"{Time(segment.Start, srt)} --> {Time(segment.End, srt)}\n{segment.Text.Trim().Replace("-->", "->", StringComparison.Ordinal)}\n\n");
        }
        return text.ToString();
    }

    private static string Time(double seconds, bool srt)
    {
        var milliseconds = (long)Math.Round(seconds * 1000);
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 3_600_000:00}:{milliseconds / 60_000 % 60:00}:{milliseconds / 1000 % 60:00}{(srt ? ',' : '.')}{milliseconds % 1000:000}");
    }

    private static double Round(double seconds) => Math.Round(seconds, 2);
}
