using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>What has to hold between <c>tools</c> and <c>tool_choice</c>, and which tools there are at all.</summary>
internal static class ToolRules
{
    /// <summary>Checks a request whose fields are right by themselves.</summary>
    public static Fault? Check(ResponseRequest request)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var tool in request.Field("tools").Elements())
        {
            var path = $"tools[{index++}]";
            if (tool.Text("type") is not "function" and var type)
            {
                return Fault.Invalid(
                    $"Tools of type '{FieldReader.Shorten(type ?? "")}' are not supported here. Use tools of type 'function' and run them yourself.", $"{path}.type", "unsupported_value");
            }

            if (tool.Text("name") is not { } name)
            {
                return FieldReader.Missing($"{path}.name");
            }

            names.Add(name);
        }

        return request.Field("tool_choice") switch
        {
            { ValueKind: JsonValueKind.String } word when word.ValueEquals("required"u8) && names.Count == 0 =>
                Fault.Invalid("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice"),
            { ValueKind: JsonValueKind.Object } named => CheckNames(named, names),
            _ => null,
        };
    }

    private static Fault? CheckNames(JsonElement choice, HashSet<string> names)
    {
        if (choice.Text("name") is { } name)
        {
            return names.Contains(name) ? null : NotFound(name, "tool_choice.name");
        }

        var index = 0;
        foreach (var tool in choice.Member("tools").Elements())
        {
            if (tool.Text("name") is { } allowed && !names.Contains(allowed))
            {
                return NotFound(allowed, $"tool_choice.tools[{index}].name");
            }

            index++;
        }

        return null;
    }

    private static Fault NotFound(string name, string param) =>
        Fault.Invalid($"Tool choice '{FieldReader.Shorten(name)}' not found in 'tools' parameter.", param);
}
