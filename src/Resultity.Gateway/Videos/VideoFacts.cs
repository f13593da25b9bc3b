using System.Globalization;
using System.Text;
using System.Text.Json;
using Resultity.Contracts.Forms;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Videos;

/// <summary>What a video's object says of the request that makes it. Kept with the job, so that nobody reads a body with an image to show it.</summary>
/// <param name="Prompt">What it is to show.</param>
/// <param name="Seconds">Its length, in whole seconds.</param>
/// <param name="Size">Width x height.</param>
internal sealed record VideoFacts(string Prompt, string Seconds, string Size)
{
    private const string DefaultSeconds = "4";
    private const string DefaultSize = "720x1280";

    /// <summary>Reads a checked body.</summary>
    public static Outcome<VideoFacts> Read(ReadOnlyMemory<byte> body, string contentType)
    {
        var fields = FormReader.IsForm(contentType) ? OfForm(body, contentType) : OfJson(body);
        var (seconds, size) = (fields.Seconds ?? DefaultSeconds, fields.Size ?? DefaultSize);
        if (!int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length is < 1 or > VideoBodies.MostSeconds)
        {
            return Fault.Invalid($"Invalid 'seconds': expected whole seconds from 1 to {VideoBodies.MostSeconds}, but got '{seconds}'.", "seconds");
        }

        return size.Split('x') is [{ Length: > 0 }, { Length: > 0 }]
            ? new VideoFacts(fields.Prompt, length.ToString(CultureInfo.InvariantCulture), size)
            : Fault.Invalid($"Invalid 'size': expected width x height in pixels, such as '1280x720', but got '{size}'.", "size");
    }

    /// <summary>The facts of a job.</summary>
    public static VideoFacts Of(Job job)
    {
        var kept = JsonElement.Parse(job.Metadata ?? "{}");
        string Text(string name, string otherwise) => kept.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : otherwise;
        return new VideoFacts(Text("prompt", ""), Text("seconds", DefaultSeconds), Text("size", DefaultSize));
    }

    /// <summary>The form in which a job keeps them.</summary>
    public string ToMetadata()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("prompt"u8, Prompt);
            json.WriteString("seconds"u8, Seconds);
            json.WriteString("size"u8, Size);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static (string Prompt, string? Seconds, string? Size) OfForm(ReadOnlyMemory<byte> body, string contentType)
    {
        var parts = FormReader.Read(body.Span, contentType).TryGet(out var read, out _) ? read : [];
        string? Text(string name) => Array.Find(parts, part => !part.IsFile && part.Name == name) is { Length: > 0 } part ? Encoding.UTF8.GetString(part.In(body).Span) : null;
        return (Text("prompt") ?? "", Text("seconds"), Text("size"));
    }

    private static (string Prompt, string? Seconds, string? Size) OfJson(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        string? Text(string name) => document.RootElement.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : null;
        return (Text("prompt") ?? "", Text("seconds"), Text("size"));
    }
}
