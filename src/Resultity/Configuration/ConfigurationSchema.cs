using System.Globalization;
using System.Text.Json.Nodes;

namespace Resultity.Configuration;

/// <summary>The JSON schema of the configuration file, for editors (JSON Schema 2020-12).</summary>
internal static class ConfigurationSchema
{
    public static JsonObject Create()
    {
        var root = Section("Configuration of Resultity.");
        root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        root["properties"]!["$schema"] = new JsonObject { ["type"] = "string" };
        foreach (var setting in Settings.All)
        {
            var section = root;
            var parts = setting.Key.Split('.');
            foreach (var part in parts.SkipLast(1))
            {
                var properties = section["properties"]!.AsObject();
                if (properties[part] is null) properties[part] = Section($"Settings of {part}.");
                section = properties[part]!.AsObject();
            }

            section["properties"]![parts[^1]] = Of(setting);
        }

        return root;
    }

    private static JsonObject Section(string description) => new()
    {
        ["description"] = description,
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["properties"] = new JsonObject(),
    };

    private static JsonObject Of(Setting setting)
    {
        var schema = new JsonObject { ["description"] = setting.Meaning };
        switch (setting.Kind)
        {
            case SettingKind.Integer:
                schema["type"] = "integer";
                schema["minimum"] = setting.Min;
                schema["maximum"] = setting.Max;
                if (setting.Default is { } number) schema["default"] = long.Parse(number, CultureInfo.InvariantCulture);
                return schema;
            case SettingKind.List:
                schema["type"] = "array";
                schema["items"] = new JsonObject { ["type"] = "string", ["minLength"] = 1 };
                return schema;
            case SettingKind.Map:
                schema["type"] = "object";
                schema["additionalProperties"] = new JsonObject { ["type"] = "string", ["minLength"] = 1 };
                return schema;
            case SettingKind.Duration:
                schema["type"] = "string";
                schema["pattern"] = "^[0-9]+(ms|s|m|h|d)$";
                break;
            case SettingKind.Choice:
                schema["enum"] = new JsonArray([.. setting.Choices.Select(choice => (JsonNode)choice)]);
                break;
            default:
                schema["type"] = "string";
                schema["minLength"] = 1;
                break;
        }

        if (setting.Default is { } text) schema["default"] = text;
        return schema;
    }
}
