using System.Buffers;
using System.Text;
using System.Text.Json;
using Resultity.Contracts.Forms;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>The fields of a request that comes as JSON or as a form, read the same way.</summary>
internal sealed class MediaFields : IDisposable
{
    private readonly JsonDocument _document;
    private readonly RuntimeExchange _exchange;
    private readonly FormPart[] _parts;

    private MediaFields(RuntimeExchange exchange, JsonDocument document, FormPart[] parts) => (_exchange, _document, _parts) = (exchange, document, parts);

    public RequestFields Fields => RequestFields.Of(_document.RootElement, "");

    /// <summary>Reads a body.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="plain">The fields whose text in a form is a number or a boolean.</param>
    public static MediaFields Read(RuntimeExchange exchange, params ReadOnlySpan<string> plain)
    {
        if (!exchange.IsForm) return new MediaFields(exchange, RequestBody.Parse(exchange.Body), []);
        if (!exchange.ReadForm().TryGet(out var parts, out var fault)) throw new InvalidRequestException(fault);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var group in parts.Where(static part => !part.IsFile).GroupBy(static part => part.Name, StringComparer.Ordinal))
            {
                var text = Encoding.UTF8.GetString(group.First().In(exchange.Body).Span);
                if (!plain.Contains(group.Key))
                {
                    json.WriteString(group.Key, text);
                }
                else if (text.Length > 0)
                {
                    json.WritePropertyName(group.Key);
                    WritePlain(json, text);
                }
            }

            json.WriteEndObject();
        }

        return new MediaFields(exchange, RequestBody.Parse(buffer.WrittenMemory), parts);
    }

    /// <summary>The files of a field of a form.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Files(string field) => _parts.Where(part => part.IsFile && part.Field == field).Select(part => part.In(_exchange.Body));

    public void Dispose() => _document.Dispose();

    private static void WritePlain(Utf8JsonWriter json, string text)
    {
        if (bool.TryParse(text, out var flag)) json.WriteBooleanValue(flag);
        else if (decimal.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number)) json.WriteNumberValue(number);
        else json.WriteStringValue(text);
    }
}
