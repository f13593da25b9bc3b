using System.Text.Json;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>
/// <c>oneOf</c> asks for exactly one match. It is followed only where no value can match two branches: different types, or fixed
/// values that differ, the values of a required property among them.
/// </summary>
internal static class Disjointness
{
    private static readonly string[] BroadTypes = ["object", "array", "string", "boolean", "null", "number"];

    public static void Check(JsonElement root, IReadOnlyList<JsonElement> branches, string place)
    {
        for (var i = 0; i < branches.Count; i++)
            for (var j = i + 1; j < branches.Count; j++)
                if (!AreDisjoint(root, Resolved(root, branches[i], place), Resolved(root, branches[j], place), place))
                    throw new GrammarException(place, $"has 'oneOf' whose branches {i} and {j} may both match; make them differ in a required property with 'const', or use 'anyOf'.");
    }

    public static bool IsOfType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number == Math.Truncate(number),
        _ => value.ValueKind == JsonValueKind.Number,
    };

    private static bool AreDisjoint(JsonElement root, JsonElement left, JsonElement right, string place)
    {
        if (left.ValueKind != JsonValueKind.Object || right.ValueKind != JsonValueKind.Object) return false;
        if (Fixed(left) is { } first && Fixed(right) is { } second) return !first.Any(one => second.Any(other => JsonElement.DeepEquals(one, other)));
        var (ours, theirs) = (Kinds(left, place), Kinds(right, place));
        if (ours is not null && theirs is not null && !ours.Any(type => theirs.Any(other => type == other || (type is "integer" or "number" && other is "integer" or "number")))) return true;
        if (left.Get("properties") is not { ValueKind: JsonValueKind.Object } properties || right.Get("properties") is not { ValueKind: JsonValueKind.Object } others) return false;
        return properties.EnumerateObject().Any(property => left.Names("required", place).Contains(property.Name) && right.Names("required", place).Contains(property.Name)
            && others.TryGetProperty(property.Name, out var other)
            && AreDisjoint(root, Resolved(root, property.Value, place), Resolved(root, other, place), place));
    }

    private static List<string>? Kinds(JsonElement schema, string place) => Fixed(schema) is { } values
        ? [.. values.Select(static value => BroadTypes.First(type => IsOfType(value, type)))]
        : schema.Types(place);

    private static List<JsonElement>? Fixed(JsonElement schema) => schema.Get("const") is { } constant ? [constant]
        : schema.Get("enum") is { ValueKind: JsonValueKind.Array } values ? [.. values.EnumerateArray()] : null;

    private static JsonElement Resolved(JsonElement root, JsonElement schema, string place)
    {
        for (var steps = 0; steps < 16 && schema.ValueKind == JsonValueKind.Object && schema.Get("$ref") is { ValueKind: JsonValueKind.String } reference; steps++)
            schema = SchemaPointer.Resolve(root, reference.GetString()!, place);
        return schema;
    }
}
