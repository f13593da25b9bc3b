using System.Text.Json;
using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Http.OpenApi;

/// <summary>Writes shapes as JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it).</summary>
internal static class SchemaWriter
{
    public static void Write(Utf8JsonWriter writer, Shape shape)
    {
        writer.WriteStartObject();
        if (shape.Description is { } description)
        {
            writer.WriteString("description", description);
        }

        WriteContent(writer, shape);
        writer.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter writer, Shape shape)
    {
        switch (shape)
        {
            case ObjectShape fields: Fields(writer, fields); break;
            case TaggedShape tagged: Options(writer, "oneOf", [.. tagged.Cases.Select(option => option.Shape)]); break;
            case UnionShape union: Options(writer, "anyOf", union.Options); break;
            case ArrayShape array: Array(writer, array); break;
            case MapShape map: Map(writer, map); break;
            case EnumShape names: Names(writer, names); break;
            case StringShape text: Text(writer, text); break;
            case IntegerShape range: Range(writer, "integer", range.Min > int.MinValue ? range.Min : null, range.Max < int.MaxValue ? range.Max : null); break;
            case NumberShape range: Range(writer, "number", range.Min, range.Max); break;
            case BoolShape: writer.WriteString("type", "boolean"); break;
            case NullShape: writer.WriteString("type", "null"); break;
            case { Kinds: JsonKinds.Object }: writer.WriteString("type", "object"); break;
            case { Kinds: JsonKinds.Object | JsonKinds.Null }: Types(writer, "object", "null"); break;
        }
    }

    private static void Types(Utf8JsonWriter writer, params ReadOnlySpan<string> types)
    {
        writer.WriteStartArray("type");
        foreach (var type in types)
        {
            writer.WriteStringValue(type);
        }

        writer.WriteEndArray();
    }

    private static void Fields(Utf8JsonWriter writer, ObjectShape shape)
    {
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        foreach (var field in shape.Fields)
        {
            writer.WritePropertyName(field.Name);
            Write(writer, field.Shape);
        }

        writer.WriteEndObject();
        if (shape.Fields.Any(field => field.Required))
        {
            writer.WriteStartArray("required");
            foreach (var field in shape.Fields.Where(field => field.Required))
            {
                writer.WriteStringValue(field.Name);
            }

            writer.WriteEndArray();
        }
    }

    private static void Options(Utf8JsonWriter writer, string keyword, IReadOnlyList<Shape> options)
    {
        writer.WriteStartArray(keyword);
        foreach (var option in options)
        {
            Write(writer, option);
        }

        writer.WriteEndArray();
    }

    private static void Array(Utf8JsonWriter writer, ArrayShape array)
    {
        writer.WriteString("type", "array");
        writer.WritePropertyName("items");
        Write(writer, array.Item);
        if (array.Min > 0)
        {
            writer.WriteNumber("minItems", array.Min);
        }

        if (array.Max < int.MaxValue)
        {
            writer.WriteNumber("maxItems", array.Max);
        }
    }

    private static void Map(Utf8JsonWriter writer, MapShape map)
    {
        writer.WriteString("type", "object");
        writer.WritePropertyName("additionalProperties");
        Write(writer, map.Value);
        if (map.Max < int.MaxValue)
        {
            writer.WriteNumber("maxProperties", map.Max);
        }
    }

    private static void Names(Utf8JsonWriter writer, EnumShape names)
    {
        writer.WriteString("type", "string");
        writer.WriteStartArray("enum");
        foreach (var value in names.Values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static void Text(Utf8JsonWriter writer, StringShape text)
    {
        writer.WriteString("type", "string");
        if (text.MinLength > 0)
        {
            writer.WriteNumber("minLength", text.MinLength);
        }

        if (text.MaxLength < int.MaxValue)
        {
            writer.WriteNumber("maxLength", text.MaxLength);
        }
    }

    private static void Range(Utf8JsonWriter writer, string type, double? min, double? max)
    {
        writer.WriteString("type", type);
        if (min is { } least)
        {
            writer.WriteNumber("minimum", least);
        }

        if (max is { } most)
        {
            writer.WriteNumber("maximum", most);
        }
    }
}
