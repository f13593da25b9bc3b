using System.Text.Json;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Reads keywords' values; a wrong kind is an error of the schema.</summary>
internal static class SchemaReading
{
    public static JsonElement? Get(this JsonElement schema, string keyword) => schema.TryGetProperty(keyword, out var value) ? value : null;

    public static int? Count(this JsonElement schema, string keyword, string place)
    {
        if (schema.Get(keyword) is not { } value) return null;
        const int Most = 1_000_000;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= 0 && number == Math.Truncate(number)
            ? (int)Math.Min(number, Most)
            : throw new GrammarException(place, $"has '{keyword}', which must be a whole number of at least 0.");
    }

    public static IReadOnlyList<JsonElement> Schemas(this JsonElement schema, string keyword, string place) =>
        schema.Get(keyword) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() is > 0 and <= 1000
            ? [.. list.EnumerateArray()]
            : throw new GrammarException(place, $"has '{keyword}', which must be a list of 1 to 1000 schemas.");

    public static HashSet<string> Names(this JsonElement schema, string keyword, string place)
    {
        if (schema.Get(keyword) is not { } value) return [];
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(static item => item.GetString()!)]
            : throw new GrammarException(place, $"has '{keyword}', which must be a list of names.");
    }

    /// <summary>The types that the schema names, or those that its keywords speak of, or null for any.</summary>
    public static List<string>? Types(this JsonElement schema, string place)
    {
        switch (schema.Get("type"))
        {
            case { ValueKind: JsonValueKind.String } one: return [Known(one.GetString()!, place)];
            case { ValueKind: JsonValueKind.Array } several when several.GetArrayLength() > 0 && several.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String):
                return [.. several.EnumerateArray().Select(item => Known(item.GetString()!, place)).Distinct()];
            case not null: throw new GrammarException(place, "has 'type', which must be a name or a list of names.");
        }
        if (Has(schema, "properties", "required", "additionalProperties", "minProperties", "maxProperties")) return ["object"];
        if (Has(schema, "items", "prefixItems", "minItems", "maxItems")) return ["array"];
        if (Has(schema, "pattern", "minLength", "maxLength")) return ["string"];
        return Has(schema, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf") ? ["number"] : null;
    }

    private static bool Has(JsonElement schema, params ReadOnlySpan<string> keywords)
    {
        foreach (var keyword in keywords)
            if (schema.Get(keyword) is not null) return true;
        return false;
    }

    private static string Known(string type, string place) => type is "object" or "array" or "string" or "number" or "integer" or "boolean" or "null"
        ? type
        : throw new GrammarException(place, $"has the type '{type}', which does not exist.");
}
