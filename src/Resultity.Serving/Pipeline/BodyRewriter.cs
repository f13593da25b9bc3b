using System.Buffers;
using System.Text;
using System.Text.Json;
using Resultity.Contracts.Forms;

namespace Resultity.Serving.Pipeline;

/// <summary>The client's bytes with the few values replaced that the node must see otherwise; everything else stays byte for byte.</summary>
internal static class BodyRewriter
{
    private static ReadOnlySpan<byte> UsageOptions => "{\"include_usage\":true}"u8;

    private static ReadOnlySpan<byte> UsageMember => ",\"stream_options\":{\"include_usage\":true}"u8;

    /// <summary>The body to send. It is the client's own memory when nothing has to change.</summary>
    /// <param name="request">The request; its ranges say where the values stand.</param>
    /// <param name="model">The model's name on the node.</param>
    public static ReadOnlyMemory<byte> Rewrite(InferenceRequest request, string model)
    {
        var renames = request.Model != model && !request.ModelRange.IsEmpty;
        var asksUsage = request.Stream && !request.IncludeUsage && !request.Endpoint.IsMedia;
        var names = request.NamesNoModel && !FormReader.IsForm(request.ContentType);
        if (!renames && !asksUsage && !names)
        {
            return request.Body;
        }

        var body = request.Body.Span;
        var edits = new Edit[2];
        var count = 0;
        if (renames)
        {
            // In a form the value stands as it is.
            edits[count++] = new Edit(request.ModelRange, FormReader.IsForm(request.ContentType) ? Encoding.UTF8.GetBytes(model) : Quote(model));
        }

        if (names)
        {
            edits[count++] = new Edit(new ByteRange(body.IndexOf((byte)'{') + 1, 0), [.. "\"model\":"u8, .. Quote(model), .. ","u8]);
        }

        if (asksUsage)
        {
            edits[count++] = request.StreamOptionsRange.IsEmpty
                ? new Edit(new ByteRange(body.LastIndexOf((byte)'}'), 0), UsageMember.ToArray())
                : new Edit(request.StreamOptionsRange, UsageOptions.ToArray());
        }

        if (count == 2 && edits[0].Range.Start > edits[1].Range.Start)
        {
            (edits[0], edits[1]) = (edits[1], edits[0]);
        }

        var output = new ArrayBufferWriter<byte>(body.Length + 128);
        var from = 0;
        foreach (var edit in edits.AsSpan(0, count))
        {
            output.Write(body[from..edit.Range.Start]);
            output.Write(edit.Bytes);
            from = edit.Range.End;
        }

        output.Write(body[from..]);
        return output.WrittenMemory;
    }

    private static byte[] Quote(string model)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStringValue(model);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private readonly record struct Edit(ByteRange Range, byte[] Bytes);
}
