using System.Buffers;
using System.Text;
using System.Text.Json;
using Resultity.Contracts.Forms;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Members;

/// <summary>The form that one of several models gets: the client's, less what is about the several, with the member's own values.</summary>
internal static class MemberForm
{
    /// <summary>Writes the form, with the member's name as its first part. The parts that stay are copied as they are.</summary>
    /// <param name="body">The client's form.</param>
    /// <param name="contentType">Its content type.</param>
    /// <param name="model">The member's name.</param>
    /// <param name="overrides">The member's own values.</param>
    public static Outcome<MemberBody> Write(ReadOnlyMemory<byte> body, string contentType, string model, MemberOverrides? overrides)
    {
        var span = body.Span;
        if (!FormReader.Read(span, contentType).TryGet(out var parts, out var fault))
        {
            return fault;
        }

        var boundary = Encoding.UTF8.GetBytes(FormReader.Boundary(contentType)!);
        var output = new ArrayBufferWriter<byte>(body.Length + 256);
        var range = WriteField(output, boundary, "model", Encoding.UTF8.GetBytes(model));
        foreach (var (name, value) in overrides?.Fields ?? new Dictionary<string, byte[]>())
        {
            WriteField(output, boundary, name, TextOf(value));
        }

        // A part reaches from the end of the one before it, the line of its boundary included, to its own end.
        var from = 0;
        foreach (var part in parts)
        {
            var end = part.Start + part.Length;
            if (part.Field is not ("model" or "models" or "multimodel") && overrides?.Fields.ContainsKey(part.Field) != true)
            {
                output.Write(from == 0 ? span[Opening(span, boundary)..end] : span[(from + 2)..end]);
                output.Write("\r\n"u8);
            }

            from = end;
        }

        output.Write("--"u8);
        output.Write(boundary);
        output.Write("--\r\n"u8);
        return new MemberBody(output.WrittenMemory, range, default);
    }

    /// <summary>A text field of a form; <see langword="null"/> if it has none of that name.</summary>
    public static string? Read(ReadOnlyMemory<byte> body, string contentType, string field) =>
        FormReader.Read(body.Span, contentType).TryGet(out var parts, out _) && Array.Find(parts, part => part.Field == field && !part.IsFile) is { } found
            ? Encoding.UTF8.GetString(found.In(body).Span)
            : null;

    private static int Opening(ReadOnlySpan<byte> body, ReadOnlySpan<byte> boundary) => body.IndexOf((byte[])[.. "--"u8, .. boundary]);

    private static ByteRange WriteField(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> boundary, string name, ReadOnlySpan<byte> value)
    {
        output.Write("--"u8);
        output.Write(boundary);
        output.Write("\r\nContent-Disposition: form-data; name=\""u8);
        output.Write(Encoding.UTF8.GetBytes(name.Replace("\"", "%22", StringComparison.Ordinal)));
        output.Write("\"\r\n\r\n"u8);
        var start = output.WrittenCount;
        output.Write(value);
        output.Write("\r\n"u8);
        return new ByteRange(start, value.Length);
    }

    // A form has no kinds of values: a text stands as it is, anything else as JSON writes it.
    private static byte[] TextOf(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        return reader.Read() && reader.TokenType == JsonTokenType.String ? Encoding.UTF8.GetBytes(reader.GetString()!) : json;
    }
}
