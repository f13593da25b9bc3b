using System.Text.Json;
using System.Text.RegularExpressions;

namespace Resultity.Onnx.Tests.Grammars;

/// <summary>A plain JSON Schema validator for the keywords that the tests use; written apart from the grammar, to judge it.</summary>
internal static class SchemaValidator
{
    public static string? Error(JsonElement schema, JsonElement value, JsonElement root, string at = "$")
    {
        if (schema.ValueKind is JsonValueKind.True) return null;
        if (schema.ValueKind is JsonValueKind.False) return $"{at}: nothing is allowed";
        foreach (var keyword in schema.EnumerateObject())
            if (Check(keyword.Name, keyword.Value, schema, value, root, at) is { } error) return error;
        return null;
    }

    private static string? Check(string keyword, JsonElement argument, JsonElement schema, JsonElement value, JsonElement root, string at)
    {
        var ok = keyword switch
        {
            "type" => argument.ValueKind == JsonValueKind.Array ? argument.EnumerateArray().Any(type => IsType(type.GetString()!, value)) : IsType(argument.GetString()!, value),
            "enum" => argument.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)),
            "const" => JsonElement.DeepEquals(argument, value),
            "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() >= argument.GetDouble(),
            "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() <= argument.GetDouble(),
            "exclusiveMinimum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() > argument.GetDouble(),
            "exclusiveMaximum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() < argument.GetDouble(),
            "minLength" => value.ValueKind != JsonValueKind.String || Length(value) >= argument.GetInt32(),
            "maxLength" => value.ValueKind != JsonValueKind.String || Length(value) <= argument.GetInt32(),
            "pattern" => value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, argument.GetString()!, RegexOptions.ECMAScript),
            "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= argument.GetInt32(),
            "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= argument.GetInt32(),
            "required" => value.ValueKind != JsonValueKind.Object || argument.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
            "anyOf" => argument.EnumerateArray().Any(one => Error(one, value, root) is null),
            "oneOf" => argument.EnumerateArray().Count(one => Error(one, value, root) is null) == 1,
            _ => true,
        };
        if (!ok) return $"{at}: '{keyword}' {argument.GetRawText()} does not hold for {value.GetRawText()}";
        return keyword switch
        {
            "$ref" => Error(Resolve(root, argument.GetString()!), value, root, at),
            "allOf" => argument.EnumerateArray().Select(one => Error(one, value, root, at)).FirstOrDefault(error => error is not null),
            "properties" when value.ValueKind == JsonValueKind.Object => argument.EnumerateObject().Select(property => value.TryGetProperty(property.Name, out var member) ? Error(property.Value, member, root, $"{at}.{property.Name}") : null).FirstOrDefault(error => error is not null),
            "additionalProperties" when value.ValueKind == JsonValueKind.Object => value.EnumerateObject().Where(member => !(schema.TryGetProperty("properties", out var declared) && declared.TryGetProperty(member.Name, out _)))
                .Select(member => Error(argument, member.Value, root, $"{at}.{member.Name}")).FirstOrDefault(error => error is not null),
            "prefixItems" when value.ValueKind == JsonValueKind.Array => argument.EnumerateArray().Zip(value.EnumerateArray(), (item, member) => Error(item, member, root, $"{at}[]")).FirstOrDefault(error => error is not null),
            "items" when value.ValueKind == JsonValueKind.Array => value.EnumerateArray().Skip(schema.TryGetProperty("prefixItems", out var prefix) ? prefix.GetArrayLength() : 0).Select(member => Error(argument, member, root, $"{at}[]")).FirstOrDefault(error => error is not null),
            _ => null,
        };
    }

    private static int Length(JsonElement value) => value.GetString()!.EnumerateRunes().Count();

    private static JsonElement Resolve(JsonElement root, string reference) => reference == "#" ? root : reference[2..].Split('/').Aggregate(root, (current, name) => current.GetProperty(name));

    private static bool IsType(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() == Math.Truncate(value.GetDouble()),
        _ => value.ValueKind == JsonValueKind.Number,
    };
}
