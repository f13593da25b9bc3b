using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Makes one schema of several that a value must all follow (<c>allOf</c>, or keywords beside a reference or a choice).</summary>
internal sealed class SchemaMerging(JsonElement root)
{
    private const int MaxDepth = 32;
    private int _depth;

    public JsonElement Merge(IReadOnlyList<JsonElement> schemas, string place)
    {
        if (++_depth > MaxDepth) throw new GrammarException(place, "combines schemas too deep, or without end.");
        var result = new JsonObject();
        foreach (var schema in schemas) Add(result, Flat(schema, place), place);
        _depth--;
        using var document = JsonDocument.Parse(result.ToJsonString());
        return document.RootElement.Clone();
    }

    /// <summary>The schema without a reference or allOf at its top.</summary>
    private JsonElement Flat(JsonElement schema, string place)
    {
        if (schema.ValueKind == JsonValueKind.True) return JsonDocument.Parse("{}").RootElement;
        if (schema.ValueKind != JsonValueKind.Object) throw new GrammarException(place, "combines what is no schema, or one that allows nothing.");
        Keywords.Check(schema, place);
        var parts = new List<JsonElement>();
        if (schema.Get("$ref") is { ValueKind: JsonValueKind.String } reference) parts.Add(SchemaPointer.Resolve(root, reference.GetString()!, place));
        if (schema.Get("allOf") is not null) parts.AddRange(schema.Schemas("allOf", place));
        if (parts.Count == 0) return schema;
        parts.Add(Without(schema, "$ref", "allOf"));
        return Merge(parts, place);
    }

    public static JsonElement Without(JsonElement schema, params IEnumerable<string> keywords)
    {
        var copy = JsonObject.Create(schema)!;
        foreach (var keyword in keywords) copy.Remove(keyword);
        using var document = JsonDocument.Parse(copy.ToJsonString());
        return document.RootElement.Clone();
    }

    private void Add(JsonObject result, JsonElement schema, string place)
    {
        CloseProperties(result, schema, place);
        schema = ApplyAdditional(result, schema);
        foreach (var member in schema.EnumerateObject())
        {
            if (!Keywords.Asserts(member.Name)) continue;
            var value = JsonNode.Parse(member.Value.GetRawText());
            if (!result.ContainsKey(member.Name)) result[member.Name] = value;
            else result[member.Name] = Both(member.Name, result[member.Name], value, place);
        }
    }

    /// <summary>A part that forbids further properties also forbids those of the other parts.</summary>
    private static void CloseProperties(JsonObject result, JsonElement schema, string place)
    {
        if (result.Count == 0) return;
        static bool Closed(JsonNode? additional) => additional is JsonValue value && value.TryGetValue<bool>(out var open) && !open;
        var ours = (result["properties"] as JsonObject)?.Select(static entry => entry.Key).ToHashSet() ?? [];
        var theirs = schema.Get("properties") is { ValueKind: JsonValueKind.Object } properties ? properties.EnumerateObject().Select(static entry => entry.Name).ToHashSet() : [];
        var theyClose = schema.Get("additionalProperties")?.ValueKind == JsonValueKind.False;
        if ((Closed(result["additionalProperties"]) && !theirs.IsSubsetOf(ours)) || (theyClose && !ours.IsSubsetOf(theirs)))
            throw new GrammarException(place, "combines schemas of which one forbids the properties of another by 'additionalProperties': false.");
    }

    /// <summary>What a part asks of properties that it does not declare, it asks of those that only the other part declares.</summary>
    private static JsonElement ApplyAdditional(JsonObject result, JsonElement schema)
    {
        var copy = JsonObject.Create(schema)!.DeepClone().AsObject();
        Ask(result, copy);
        Ask(copy, result);
        return Element(copy);

        static void Ask(JsonObject asking, JsonObject asked)
        {
            if (asking["additionalProperties"] is not JsonObject additional || asked["properties"] is not JsonObject properties) return;
            var declared = asking["properties"] as JsonObject;
            foreach (var name in properties.Select(static entry => entry.Key).Where(name => declared?.ContainsKey(name) != true).ToList())
                properties[name] = new JsonObject { ["allOf"] = new JsonArray(properties[name]!.DeepClone(), additional.DeepClone()) };
        }
    }

    private JsonNode? Both(string keyword, JsonNode? first, JsonNode? second, string place)
    {
        if (JsonNode.DeepEquals(first, second)) return first!.DeepClone();
        switch (keyword)
        {
            case "required":
                return new JsonArray([.. Items(first).Concat(Items(second)).Select(static name => name!.ToString()).Distinct().Select(static name => (JsonNode)name!)]);
            case "type":
                return Types(Items(first), Items(second), place);
            case "enum":
                var both = Items(first).Where(one => Items(second).Any(other => JsonNode.DeepEquals(one, other))).Select(static one => one?.DeepClone()).ToArray();
                return both.Length > 0 ? new JsonArray(both) : throw new GrammarException(place, "combines enums without a common value.");
            case "minimum" or "exclusiveMinimum" or "minLength" or "minItems" or "minProperties":
                return (double)first! >= (double)second! ? first!.DeepClone() : second!.DeepClone();
            case "maximum" or "exclusiveMaximum" or "maxLength" or "maxItems" or "maxProperties":
                return (double)first! <= (double)second! ? first!.DeepClone() : second!.DeepClone();
            case "properties":
                return Properties(first!.AsObject(), second!.AsObject(), place);
            case "items" or "additionalProperties":
                if (first is JsonValue && second is JsonObject) return first.GetValue<bool>() ? second.DeepClone() : first.DeepClone();
                if (first is JsonObject && second is JsonValue) return second.GetValue<bool>() ? first.DeepClone() : second.DeepClone();
                return first is JsonObject ? JsonNode.Parse(Merge([Element(first), Element(second!)], place).GetRawText()) : JsonValue.Create(false);
            default:
                throw new GrammarException(place, $"combines schemas with different '{keyword}', which is not supported.");
        }
    }

    private JsonObject Properties(JsonObject first, JsonObject second, string place)
    {
        var result = first.DeepClone().AsObject();
        foreach (var (name, schema) in second)
            result[name] = result[name] is { } known ? JsonNode.Parse(Merge([Element(known), Element(schema!)], place).GetRawText()) : schema?.DeepClone();
        return result;
    }

    private static JsonArray Types(IEnumerable<JsonNode?> first, IEnumerable<JsonNode?> second, string place)
    {
        List<string> left = [.. first.Select(static type => type!.ToString())], right = [.. second.Select(static type => type!.ToString())];
        var both = left.Where(type => right.Contains(type) || (type == "integer" && right.Contains("number")))
            .Concat(right.Where(type => type == "integer" && left.Contains("number"))).Distinct().Select(static type => (JsonNode)type!).ToArray();
        return both.Length > 0 ? new JsonArray(both) : throw new GrammarException(place, "combines types without a common one.");
    }

    private static JsonArray Items(JsonNode? node) => node as JsonArray ?? [node?.DeepClone()];

    private static JsonElement Element(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }
}
