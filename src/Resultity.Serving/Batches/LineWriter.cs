using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Batches;

/// <summary>Writes lines of output and error files, each with its line feed. Safe for concurrent use.</summary>
public sealed class LineWriter(IFaultForm faults)
{
    private const string IdPrefix = "batch_req_";
    private const int SortKeyLength = 26;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The identifier of a line's result: the same whenever and wherever the line is run.</summary>
    public static string IdOf(string batchId, int line)
    {
        ArgumentNullException.ThrowIfNull(batchId);
        return string.Create(CultureInfo.InvariantCulture, $"{IdPrefix}{batchId.AsSpan(Batch.IdPrefix.Length)}_{line}");
    }

    /// <summary>The line's number in the identifier of a result of a batch; <see langword="null"/> if it is none of this batch.</summary>
    public static int? LineOf(string batchId, string? id)
    {
        ArgumentNullException.ThrowIfNull(batchId);
        return id is not null && id.Length > IdPrefix.Length + SortKeyLength
            && int.TryParse(id.AsSpan(IdPrefix.Length + SortKeyLength + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var line) && IdOf(batchId, line) == id
                ? line
                : null;
    }

    internal static byte[] Answer(string id, string customId, string requestId, string contentType, ReadOnlyMemory<byte> body) =>
        Write(id, customId, (requestId, contentType, body), body.Length, static (writer, answer) =>
        {
            WriteHead(writer, 200, answer.requestId);
            WriteBody(writer, answer.contentType, answer.body);
            writer.WriteEndObject();
            writer.WriteNull("error"u8);
        });

    internal byte[] Failure(string id, string customId, string requestId, Fault fault)
    {
        var (status, body) = faults.Of(fault);
        return Write(id, customId, (requestId, status, body), body.Length, static (writer, failure) =>
        {
            WriteHead(writer, failure.status, failure.requestId);
            writer.WriteRawValue(failure.body.Span, skipInputValidation: true);
            writer.WriteEndObject();
            writer.WriteNull("error"u8);
        });
    }

    internal static byte[] NotRun(string id, string customId, string code, string message) =>
        Write(id, customId, (code, message), 0, static (writer, error) =>
        {
            writer.WriteNull("response"u8);
            writer.WriteStartObject("error"u8);
            writer.WriteString("code"u8, error.code);
            writer.WriteString("message"u8, error.message);
            writer.WriteEndObject();
        });

    private static byte[] Write<T>(string id, string customId, T rest, int size, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>(size + 384);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, id);
            writer.WriteString("custom_id"u8, customId);
            write(writer, rest);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteHead(Utf8JsonWriter writer, int status, string requestId)
    {
        writer.WriteStartObject("response"u8);
        writer.WriteNumber("status_code"u8, status);
        writer.WriteString("request_id"u8, requestId);
        writer.WritePropertyName("body"u8);
    }

    /// <summary>A body that is no JSON, such as speech, stands in an object that says what it is.</summary>
    private static void WriteBody(Utf8JsonWriter writer, string contentType, ReadOnlyMemory<byte> body)
    {
        if (contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            WriteJson(writer, body);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("content_type"u8, contentType);
        if (contentType.StartsWith("text/", StringComparison.OrdinalIgnoreCase))
        {
            writer.WriteString("text"u8, Encoding.UTF8.GetString(body.Span));
        }
        else
        {
            writer.WriteBase64String("data"u8, body.Span);
        }

        writer.WriteEndObject();
    }

    private static void WriteJson(Utf8JsonWriter writer, ReadOnlyMemory<byte> body)
    {
        if (body.Span.IndexOfAny((byte)'\n', (byte)'\r') < 0)
        {
            writer.WriteRawValue(body.Span, skipInputValidation: true);
            return;
        }

        try
        {
            // Line breaks between tokens would break the line in two.
            using var document = JsonDocument.Parse(body);
            document.RootElement.WriteTo(writer);
        }
        catch (JsonException)
        {
            writer.WriteStringValue(Encoding.UTF8.GetString(body.Span));
        }
    }
}
