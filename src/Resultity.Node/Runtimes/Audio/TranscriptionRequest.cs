using System.Globalization;
using System.Text;
using System.Text.Json;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Speech;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>The body of <c>/v1/audio/transcriptions</c> or <c>/v1/audio/translations</c>, as a form or as JSON with the file as a data URL.</summary>
internal sealed record TranscriptionRequest
{
    public required ReadOnlyMemory<byte> File { get; init; }

    /// <summary>json, text, srt, vtt or verbose_json.</summary>
    public string Format { get; init; } = "json";
    public string? Language { get; init; }
    public string? Prompt { get; init; }
    public double Temperature { get; init; }
    public bool Words { get; init; }
    public bool Segments { get; init; }
    public bool Stream { get; init; }

    /// <summary>Which share of long sound to write down, as (index, count).</summary>
    public (int Index, int Count) Part { get; init; } = (0, 1);

    /// <exception cref="InvalidRequestException">Something in it is wrong.</exception>
    public static TranscriptionRequest Read(RuntimeExchange exchange)
    {
        if (!exchange.IsForm)
        {
            using var body = RequestBody.Parse(exchange.Body);
            return Make(Sound(body.RootElement), name => Texts(body.RootElement, name));
        }
        if (!exchange.ReadForm().TryGet(out var parts, out var fault)) throw new InvalidRequestException(fault);
        var file = Array.Find(parts, static part => part.Name == "file") ?? throw new InvalidRequestException("Missing required parameter: 'file'. Send it as a file of the form.", "file", "missing_required_parameter");
        return Make(file.In(exchange.Body), name => [.. parts.Where(part => part.Field == name && !part.IsFile).Select(part => Encoding.UTF8.GetString(part.In(exchange.Body).Span))]);
    }

    private static TranscriptionRequest Make(ReadOnlyMemory<byte> file, Func<string, string[]> texts)
    {
        string? One(string name) => texts(name).FirstOrDefault(static text => text.Length > 0);
        var language = One("language");
        var temperature = One("temperature") is not { } written ? 0
            : double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1 ? number
            : throw new InvalidRequestException("Invalid 'temperature': it must be 0 to 1.", "temperature");
        var format = One("response_format") ?? "json";
        if (format is not ("json" or "text" or "srt" or "vtt" or "verbose_json"))
            throw new InvalidRequestException($"Invalid 'response_format': '{format}' is not made by this model. Use json, text, srt, vtt or verbose_json.", "response_format", "unsupported_value");
        var granularities = texts("timestamp_granularities");
        return new TranscriptionRequest
        {
            File = file,
            Format = format,
            Language = language is null ? null : WhisperLanguages.Find(language)
                ?? throw new InvalidRequestException("Invalid 'language': it must be a code such as 'en' (ISO-639-1).", "language"),
            Prompt = One("prompt"),
            Temperature = temperature,
            Words = granularities.Contains("word"),
            Segments = granularities.Length == 0 || granularities.Contains("segment"),
            Stream = One("stream") is "true" or "True" or "1",
            Part = Share(One("resultity_part")),
        };
    }

    private static ReadOnlyMemory<byte> Sound(JsonElement body) =>
        DataUrl.Read(Texts(body, "file").FirstOrDefault() ?? throw new InvalidRequestException("Missing required parameter: 'file'.", "file", "missing_required_parameter"), "file", "audio");

    private static string[] Texts(JsonElement body, string name) => !body.TryGetProperty(name, out var value) ? [] : value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray().Select(static item => item.ToString())],
        JsonValueKind.Null => [],
        JsonValueKind.True => ["true"],
        _ => [value.ToString()],
    };

    private static (int Index, int Count) Share(string? text) =>
        text?.Split('/') is [var index, var count] && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var of) && at < of
            ? (at, of) : (0, 1);
}
