using System.Text.Json;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Which keywords of JSON Schema mean something here.</summary>
internal static class Keywords
{
    private static readonly HashSet<string> Unsupported =
    [
        "not", "if", "then", "else", "dependentSchemas", "dependentRequired", "dependencies", "patternProperties", "propertyNames",
        "contains", "minContains", "maxContains", "$dynamicRef", "$recursiveRef", "additionalItems",
    ];

    private static readonly HashSet<string> Asserting =
    [
        "type", "properties", "required", "additionalProperties", "items", "prefixItems", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "minItems", "maxItems",
        "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minProperties", "maxProperties",
    ];

    /// <summary>Whether the keyword restricts the value; others are descriptions, or unknown and without meaning.</summary>
    public static bool Asserts(string keyword) => Asserting.Contains(keyword);

    /// <summary>Refuses keywords that restrict the value in a way that cannot be followed.</summary>
    public static void Check(JsonElement schema, string place)
    {
        foreach (var member in schema.EnumerateObject())
        {
            if (Unsupported.Contains(member.Name)) throw new GrammarException(place, $"uses '{member.Name}', which is not supported.");
            // Without items or properties beyond the declared ones nothing is left unevaluated, so a flag is met either way.
            var met = member.Name switch
            {
                "uniqueItems" => member.Value.ValueKind == JsonValueKind.False,
                "unevaluatedProperties" or "unevaluatedItems" => member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                _ => true,
            };
            if (!met) throw new GrammarException(place, $"uses '{member.Name}', which is not supported.");
        }
    }
}
