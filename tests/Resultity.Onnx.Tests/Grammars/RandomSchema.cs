using System.Text.Json.Nodes;

namespace Resultity.Onnx.Tests.Grammars;

/// <summary>Schemas by chance, of all the keywords that grammars follow.</summary>
internal sealed class RandomSchema(Random random)
{
    private static readonly string[] Patterns = ["^[a-z]{2,5}$", "^\\d{3}-\\d{4}$", "x+y?", "^(foo|bar)+$", "^[^\"\\\\]*$", "^a.b$", "[0-9]"];
    private static readonly string[] Names = ["a", "ab", "name", "value \"x\"", "é", "list", "next"];

    public JsonObject Next()
    {
        var schema = One(0);
        if (random.Next(3) == 0) schema["$defs"] = new JsonObject { ["node"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["v"] = One(3), ["next"] = new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["$ref"] = "#/$defs/node" }, new JsonObject { ["type"] = "null" }) } }, ["required"] = new JsonArray("v", "next") } };
        if (schema.ContainsKey("$defs") && schema["properties"] is JsonObject properties) properties["tree"] = new JsonObject { ["$ref"] = "#/$defs/node" };
        return schema;
    }

    private JsonObject One(int depth) => random.Next(depth > 3 ? 6 : 11) switch
    {
        0 => Text(),
        1 => Number("integer"),
        2 => Number("number"),
        3 => new JsonObject { ["type"] = "boolean" },
        4 => new JsonObject { ["enum"] = new JsonArray("red", 1, null, 2.5, "gr\"een\n", new JsonObject { ["k"] = new JsonArray(1, 2) }) },
        5 => new JsonObject { ["type"] = new JsonArray("string", "null", "integer") },
        6 => Array(depth),
        7 => new JsonObject { ["anyOf"] = new JsonArray(One(depth + 1), One(depth + 1)) },
        8 => new JsonObject { ["type"] = "object", ["additionalProperties"] = One(depth + 1), ["maxProperties"] = 4 },
        9 => new JsonObject { ["allOf"] = new JsonArray(Object(depth), new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["zz"] = One(4) }, ["required"] = new JsonArray("zz") }) },
        _ => Object(depth),
    };

    private JsonObject Text()
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (random.Next(3) == 0) schema["pattern"] = Patterns[random.Next(Patterns.Length)];
        else if (random.Next(2) == 0)
        {
            schema["minLength"] = random.Next(4);
            schema["maxLength"] = 4 + random.Next(4);
        }
        return schema;
    }

    private JsonObject Number(string type)
    {
        var schema = new JsonObject { ["type"] = type };
        var low = Math.Round(random.Next(-2000, 2000) / (type == "integer" ? 1m : 100m), 2);
        if (random.Next(2) == 0) schema[random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = low;
        if (random.Next(2) == 0) schema[random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = low + 2 + random.Next(3000);
        return schema;
    }

    private JsonObject Array(int depth)
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = One(depth + 1), ["minItems"] = random.Next(3), ["maxItems"] = 3 + random.Next(2) };
        if (random.Next(3) == 0) schema["prefixItems"] = new JsonArray(One(depth + 1), One(depth + 1));
        return schema;
    }

    private JsonObject Object(int depth)
    {
        var schema = new JsonObject { ["type"] = "object" };
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var name in Names)
        {
            if (random.Next(2) == 0) continue;
            properties[name] = One(depth + 1);
            if (random.Next(2) == 0) required.Add(name);
        }
        schema["properties"] = properties;
        if (required.Count > 0) schema["required"] = required;
        if (random.Next(3) == 0) schema["additionalProperties"] = One(4);
        return schema;
    }
}
