using System.Buffers;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>Validates the items of <c>input</c> and brings them into the one shape in which they are stored, listed and passed on.</summary>
internal static class InputItems
{
    /// <summary>The items that the input names instead of holding them, each with its path.</summary>
    public static IReadOnlyList<(string Id, string Param)> References(JsonElement? input)
    {
        List<(string, string)>? found = null;
        var index = 0;
        foreach (var item in input.Elements())
        {
            if (TypeOf(item) == "item_reference" && item.Text("id") is { } id)
            {
                (found ??= []).Add((id, $"input[{index}].id"));
            }

            index++;
        }

        return found ?? [];
    }

    /// <summary>Validates and normalises.</summary>
    /// <param name="input">The request's <c>input</c>.</param>
    /// <param name="responseId">The response that the items belong to from now on.</param>
    /// <param name="referenced">The items that <see cref="References"/> named, by identifier.</param>
    /// <returns>The items, every one with its <c>id</c> and <c>type</c>.</returns>
    public static Outcome<IReadOnlyList<JsonElement>> Normalise(
        JsonElement? input, string responseId, IReadOnlyDictionary<string, JsonElement> referenced)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(bytes, ResponseJson.WriterOptions);
        writer.WriteStartArray();
        if (input is { ValueKind: JsonValueKind.String } text)
        {
            InputItemWriter.WriteUserText(writer, ResponseIds.Item("msg_", responseId, 0), text);
        }

        var number = 0;
        foreach (var item in input.Elements())
        {
            if (Write(writer, item, number, responseId, referenced) is { } fault)
            {
                return fault;
            }

            number++;
        }

        writer.WriteEndArray();
        writer.Flush();
        return JsonElement.Parse(bytes.WrittenSpan).EnumerateArray().ToList();
    }

    private static Fault? Write(
        Utf8JsonWriter writer, JsonElement item, int number, string responseId, IReadOnlyDictionary<string, JsonElement> referenced)
    {
        var path = $"input[{number}]";
        if (item.ValueKind != JsonValueKind.Object)
        {
            return FieldReader.WrongType(path, "an object", item);
        }

        var fields = new FieldReader(item, path);
        var id = fields.String("id", longest: 128);
        switch (TypeOf(item))
        {
            case null:
                return fields.Fault ?? FieldReader.Missing($"{path}.type");
            case "message":
                InputMessageWriter.Write(writer, fields, item, id ?? ResponseIds.Item("msg_", responseId, number));
                break;
            case "function_call":
                InputItemWriter.WriteCall(writer, fields, id ?? ResponseIds.Item("fc_", responseId, number));
                break;
            case "function_call_output":
                InputItemWriter.WriteCallOutput(writer, fields, item, id ?? ResponseIds.Item("fco_", responseId, number));
                break;
            case "reasoning":
                InputItemWriter.WriteReasoning(writer, fields, item, id ?? ResponseIds.Item("rs_", responseId, number));
                break;
            case "item_reference":
                if (id is null || !referenced.TryGetValue(id, out var target))
                {
                    return fields.Fault ?? (id is null ? FieldReader.Missing($"{path}.id") : ResponseFaults.ItemNotFound(id, $"{path}.id"));
                }

                target.WriteTo(writer);
                break;
            case var other:
                return FieldReader.Unsupported(
                    $"{path}.type", other, "message", "function_call", "function_call_output", "reasoning", "item_reference");
        }

        return fields.Fault;
    }

    private static string? TypeOf(JsonElement item)
    {
        if (item.Text("type") is { } type)
        {
            return type;
        }

        return item.Member("type") is not null ? null
            : item.Member("role") is not null ? "message"
            : item.Text("id") is not null ? "item_reference"
            : null;
    }
}
