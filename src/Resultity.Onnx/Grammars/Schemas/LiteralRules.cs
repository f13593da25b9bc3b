using System.Text.Json;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Which of the fixed values of <c>enum</c> or <c>const</c> keep the keywords beside it.</summary>
internal static class LiteralRules
{
    private static readonly HashSet<string> Checked = ["enum", "const", "type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"];

    public static bool Keeps(JsonElement value, JsonElement schema, string place)
    {
        foreach (var member in schema.EnumerateObject())
            if (Keywords.Asserts(member.Name) && !Checked.Contains(member.Name)) throw new GrammarException(place, $"uses '{member.Name}' beside 'enum' or 'const', which is not supported.");
        if (schema.Get("type") is not null && !schema.Types(place)!.Exists(type => Disjointness.IsOfType(value, type))) return false;
        if (schema.Get("const") is { } constant && !JsonElement.DeepEquals(constant, value)) return false;
        if (schema.Get("enum") is { ValueKind: JsonValueKind.Array } values && !values.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value))) return false;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number))
            return !(number < Bound("minimum")) && !(number > Bound("maximum")) && !(number <= Bound("exclusiveMinimum")) && !(number >= Bound("exclusiveMaximum"));
        if (value.ValueKind != JsonValueKind.String) return true;
        var length = value.GetString()!.EnumerateRunes().Count();
        return !(length < schema.Count("minLength", place)) && !(length > schema.Count("maxLength", place));

        double? Bound(string keyword) => schema.Get(keyword) is { ValueKind: JsonValueKind.Number } bound ? bound.GetDouble() : null;
    }
}
