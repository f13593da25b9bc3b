using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Resultity.Contracts.Forms;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Shapes;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Forms;

/// <summary>Checks a form against its shape and takes the envelope from it. Files are not looked into; that is the node's part.</summary>
/// <remarks>The text fields are put together as the JSON object that they stand for, and checked as one: the same rules and words hold in both ways.</remarks>
internal static class FormScan
{
    /// <summary>The most bytes of all text fields together.</summary>
    private const int LongestText = 1024 * 1024;

    private const int MostBytesOfName = 64;

    /// <summary>Reads a form.</summary>
    public static Outcome<Envelope> Read(ReadOnlySpan<byte> body, string contentType, BodyShape shape)
    {
        if (!FormReader.Read(body, contentType).TryGet(out var parts, out var fault))
        {
            return fault;
        }

        var form = shape.Form!;
        if (CheckFiles(parts, form) is { } wrong)
        {
            return wrong;
        }

        if (!ToJson(body, parts, form).TryGet(out var json, out fault) || !BodyScan.Read(json.WrittenSpan, shape, form.Text).TryGet(out var envelope, out fault))
        {
            return fault;
        }

        var model = Array.Find(parts, static part => part.Name == "model");
        return envelope with { ModelRange = model is null ? default : new ByteRange(model.Start, model.Length), StreamOptionsRange = default };
    }

    private static Fault? CheckFiles(FormPart[] parts, FormShape form)
    {
        foreach (var file in form.Files)
        {
            var given = Array.FindAll(parts, part => part.Field == file.Name);
            if (given.Length == 0 && file.Required)
            {
                return Fault.Invalid($"Missing required parameter: '{file.Name}'. Send it as a file of the form.", file.Name, "missing_required_parameter");
            }

            if (given.Length > file.MaxCount)
            {
                return Fault.Invalid(
                    file.MaxCount == 1 ? $"Duplicate parameter: '{file.Name}' is given more than once. Give it once." : $"Invalid '{file.Name}': too many files. Expected at most {file.MaxCount}, but got {given.Length} instead.",
                    file.Name,
                    file.MaxCount == 1 ? "duplicate_parameter" : "array_above_max_length");
            }

            foreach (var part in given)
            {
                if (!part.IsFile)
                {
                    return Fault.Invalid($"Invalid type for '{file.Name}': expected a file, but got text instead. Give the part a 'filename'.", file.Name, "invalid_type");
                }

                if (part.Length == 0)
                {
                    return Fault.Invalid($"Invalid '{file.Name}': the file is empty.", file.Name, "empty_file");
                }

                if (part.Length > file.MaxBytes)
                {
                    return new Fault(FaultKind.TooLarge, "file_too_large", $"Invalid '{file.Name}': the file has {part.Length} bytes. The limit is {file.MaxBytes} bytes.", file.Name);
                }
            }
        }

        return null;
    }

    private static Outcome<ArrayBufferWriter<byte>> ToJson(ReadOnlySpan<byte> body, FormPart[] parts, FormShape form)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        var bytes = 0;
        foreach (var group in parts.Where(part => !form.Files.Any(file => file.Name == part.Field)).GroupBy(static part => part.Field, StringComparer.Ordinal))
        {
            if (form.Text.Fields.FirstOrDefault(field => field.Name == group.Key) is not { } field)
            {
                // The runtime may know it.
                continue;
            }

            foreach (var part in group)
            {
                if (part.IsFile)
                {
                    return Fault.Invalid($"Invalid type for '{field.Name}': expected text, but got a file instead.", field.Name, "invalid_type");
                }

                if ((bytes += part.Length) > LongestText)
                {
                    return Fault.Invalid($"The text fields of the form are too long. The limit is {LongestText} bytes for all of them.", field.Name, "string_above_max_length");
                }

                if (!Utf8.IsValid(body.Slice(part.Start, part.Length)))
                {
                    return Fault.Invalid($"Invalid '{field.Name}': the text is not valid UTF-8.", field.Name, "invalid_utf8");
                }
            }

            Write(writer, body, field, [.. group]);
        }

        writer.WriteEndObject();
        writer.Flush();
        return output;
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> body, Field field, FormPart[] parts)
    {
        var kinds = field.Shape.Kinds;
        if ((kinds & JsonKinds.Array) != 0 && (parts.Length > 1 || parts[0].Name != parts[0].Field))
        {
            var item = field.Shape is UnionShape union ? union.Options.OfType<ArrayShape>().First() : (ArrayShape)field.Shape;
            writer.WriteStartArray(field.Name);
            foreach (var part in parts)
            {
                WriteValue(writer, body.Slice(part.Start, part.Length), item.Item.Kinds);
            }

            writer.WriteEndArray();
            return;
        }

        // A field that comes twice is written twice, so that it is refused as it is in JSON.
        foreach (var part in parts)
        {
            writer.WritePropertyName(field.Name);
            WriteValue(writer, body.Slice(part.Start, part.Length), kinds);
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, ReadOnlySpan<byte> text, JsonKinds kinds)
    {
        if ((kinds & JsonKinds.String) != 0 && !((kinds & JsonKinds.Object) != 0 && text.TrimStart(" \t\r\n"u8).StartsWith("{"u8) && IsJson(text, JsonKinds.Object)))
        {
            writer.WriteStringValue(text);
        }
        else if (text.IsEmpty && (kinds & JsonKinds.Null) != 0)
        {
            writer.WriteNullValue();
        }
        else if ((kinds & JsonKinds.Bool) != 0 && text.Length <= 5 && bool.TryParse(Encoding.UTF8.GetString(text), out var flag))
        {
            writer.WriteBooleanValue(flag);
        }
        else if (IsJson(text, kinds))
        {
            writer.WriteRawValue(text, skipInputValidation: true);
        }
        else
        {
            // Of the wrong kind, which the check says in the field's own words.
            writer.WriteStringValue(text[..Math.Min(text.Length, MostBytesOfName)]);
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> text, JsonKinds kinds)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = Scan.MaxDepth - 1 });
        try
        {
            if (!reader.Read() || (reader.TokenType.Kind() & kinds) == 0)
            {
                return false;
            }

            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
