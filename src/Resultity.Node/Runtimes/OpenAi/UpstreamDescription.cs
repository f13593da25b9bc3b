using System.Buffers;
using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Images;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Imaging;

namespace Resultity.Node.Runtimes.OpenAi;

/// <summary>A description as the chat that a vision model answers: one message with the image and what is wanted of it.</summary>
internal static class UpstreamDescription
{
    private static readonly string[] Plain = ["n", "stream", "max_tokens", "temperature", "seed"];

    /// <summary>Asks, and answers the description.</summary>
    public static async ValueTask ServeAsync(RuntimeExchange exchange, UpstreamRelay relay, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            using var body = MediaFields.Read(exchange, Plain);
            var fields = body.Fields;
            var kind = fields.Choice("kind", "caption", "caption", "tags", "ocr", "json");
            var picture = await Task.Run(() => ImageInput.Read(body, "image") is [var only, ..] ? only : throw fields.Missing("image"), cancellation);
            var chat = new CollectedExchange(exchange, InferenceEndpoint.ChatCompletions.Path, Ask(exchange.Model, fields, kind, picture));
            await relay.RelayAsync(chat, cancellation);
            if (chat.Status != 200)
            {
                await exchange.RespondAsync(chat.Status, chat.AnswerType, chat.Written, cancellation);
                return;
            }

            await AnswerAsync(exchange, fields, kind, chat.Written, time, cancellation);
        }
        catch (InvalidRequestException error) when (!exchange.Started)
        {
            await ErrorAnswer.SendAsync(exchange, error.Fault, cancellation);
        }
    }

    private static byte[] Ask(string model, RequestFields fields, string kind, Picture picture)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model);
            foreach (var name in (ReadOnlySpan<string>)["n", "max_tokens", "temperature", "seed"])
            {
                if (fields.Member(name) is { } value)
                {
                    json.WritePropertyName(name);
                    value.WriteTo(json);
                }
            }

            json.WriteStartArray("messages"u8);
            json.WriteStartObject();
            json.WriteString("role"u8, "user"u8);
            json.WriteStartArray("content"u8);
            json.WriteStartObject();
            json.WriteString("type"u8, "text"u8);
            json.WriteString("text"u8, Question(fields, kind));
            json.WriteEndObject();
            json.WriteStartObject();
            json.WriteString("type"u8, "image_url"u8);
            json.WriteStartObject("image_url"u8);

            // Written anew, so that the upstream gets what was looked at here, and of a format that every server reads.
            json.WriteString("url"u8, "data:image/png;base64," + Convert.ToBase64String(PictureWriter.Write(picture, PictureFormat.Png)));
            if (fields.Text("detail") is { } detail) json.WriteString("detail"u8, detail);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string Question(RequestFields fields, string kind)
    {
        var question = fields.Text("prompt") is { Length: > 0 } asked ? asked : kind switch
        {
            "tags" => "List what this image shows as short tags, separated by commas. Write nothing else.",
            "ocr" => "Write out the text in this image, line by line as it stands there. Write nothing else.",
            "json" => "Describe this image as one JSON object with the members \"caption\" (a sentence) and \"tags\" (an array of words). Write nothing else.",
            _ => "Describe this image in one or two sentences.",
        };
        return fields.Text("language") is { } language ? $"{question} Answer in this language: {language}." : question;
    }

    private static async ValueTask AnswerAsync(RuntimeExchange exchange, RequestFields fields, string kind, ReadOnlyMemory<byte> chat, TimeProvider time, CancellationToken cancellation)
    {
        using var document = JsonDocument.Parse(chat);
        var root = document.RootElement;
        var texts = root.GetProperty("choices").EnumerateArray().Select(static choice => choice.GetProperty("message").GetProperty("content").GetString()?.Trim() ?? "").ToList();
        var usage = root.TryGetProperty("usage", out var counted) && counted.ValueKind == JsonValueKind.Object ? counted : default;
        long input = Count(usage, "prompt_tokens"), output = Count(usage, "completion_tokens");
        using var buffer = new AnswerBuffer();
        if (fields.Flag("stream"))
        {
            await exchange.StartAsync(200, "text/event-stream", cancellation);
            buffer.BeginEvent();
            buffer.Json.WriteStartObject();
            buffer.Json.WriteString("type"u8, "image_description.delta"u8);
            buffer.Json.WriteString("delta"u8, texts[0]);
            buffer.Json.WriteEndObject();
            buffer.EndEvent();
            buffer.BeginEvent();
            buffer.Json.WriteStartObject();
            buffer.Json.WriteString("type"u8, "image_description.done"u8);
            buffer.Json.WritePropertyName("description"u8);
            Write(buffer.Json, texts[0], kind);
            ImageFacts.WriteUsage(buffer.Json, input, 0, 0, output);
            buffer.Json.WriteEndObject();
            buffer.EndEvent();
            buffer.Done();
            await exchange.WriteAsync(buffer.Written, cancellation);
            await exchange.CompleteAsync(cancellation);
            return;
        }

        var json = buffer.Json;
        json.WriteStartObject();
        json.WriteNumber("created"u8, time.GetUtcNow().ToUnixTimeSeconds());
        json.WriteString("model"u8, exchange.Model);
        json.WriteStartArray("data"u8);
        foreach (var text in texts) Write(json, text, kind);
        json.WriteEndArray();
        ImageFacts.WriteUsage(json, input, 0, 0, output);
        json.WriteEndObject();
        await exchange.RespondAsync(200, "application/json", buffer.Written, cancellation);
    }

    private static void Write(Utf8JsonWriter json, string text, string kind)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        if (kind == "tags")
        {
            json.WriteStartArray("tags"u8);
            foreach (var tag in text.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) json.WriteStringValue(tag);
            json.WriteEndArray();
        }
        else if (kind == "json" && Object(text) is { } found)
        {
            json.WritePropertyName("json"u8);
            json.WriteRawValue(found);
        }

        json.WriteEndObject();
    }

    /// <summary>The JSON object in what a model wrote, which may stand in a fence; <see langword="null"/> if there is none.</summary>
    private static string? Object(string text)
    {
        int start = text.IndexOf('{', StringComparison.Ordinal), end = text.LastIndexOf('}');
        if (start < 0 || end < start) return null;
        try
        {
            using var document = JsonDocument.Parse(text.AsMemory(start, end - start + 1));
            return document.RootElement.GetRawText();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static long Count(JsonElement usage, string name) =>
        usage.ValueKind == JsonValueKind.Object && usage.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var count) ? count : 0;
}
