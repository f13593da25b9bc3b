using System.Text.Json;
using Resultity.Node.Runtimes.Onnx.Requests;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>The body of <c>/v1/audio/speech</c>.</summary>
internal sealed record SpeechRequest(string Input, string Voice, SpeechFormat Format, double Speed, bool Events)
{
    private const int LongestInput = 4096;
    private const double Slowest = 0.25, Quickest = 4;

    /// <exception cref="InvalidRequestException">Something in it is wrong.</exception>
    public static SpeechRequest Read(JsonElement body)
    {
        var input = Text(body, "input");
        if (string.IsNullOrEmpty(input)) throw new InvalidRequestException("Missing required parameter: 'input'.", "input", "missing_required_parameter");
        if (input.Length > LongestInput)
            throw new InvalidRequestException($"Invalid 'input': it has {input.Length} characters; at most {LongestInput} are spoken at once.", "input", "string_above_max_length");
        var format = Text(body, "response_format") ?? "mp3";
        var speed = body.TryGetProperty("speed", out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 1;
        if (speed is < Slowest or > Quickest) throw new InvalidRequestException($"Invalid 'speed': it must be {Slowest} to {Quickest}.", "speed");
        var stream = Text(body, "stream_format") ?? "audio";
        return new SpeechRequest(input, VoiceOf(body) ?? "alloy",
            SpeechFormat.Find(format) ?? throw new InvalidRequestException($"Invalid 'response_format': '{format}'. Use mp3, opus, aac, flac, wav or pcm.", "response_format"),
            speed,
            stream switch { "sse" => true, "audio" => false, _ => throw new InvalidRequestException("Invalid 'stream_format': use 'audio' or 'sse'.", "stream_format") });
    }

    // A name, or, as OpenAI has it for voices of one's own, an object with an id.
    private static string? VoiceOf(JsonElement body) =>
        body.TryGetProperty("voice", out var voice) && voice.ValueKind == JsonValueKind.Object ? Text(voice, "id") : Text(body, "voice");

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
