using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>Validates <c>tools</c> and <c>tool_choice</c>.</summary>
internal static class ResponseToolReader
{
    /// <summary>The most tools that a request may bring; OpenAI's own limit.</summary>
    private const int MostTools = 128;

    /// <summary>Validates the members, if they are there.</summary>
    public static void Read(FieldReader fields, JsonElement root)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var tool in fields.Array("tools").Elements())
        {
            if (index == MostTools)
            {
                fields.Reject(Fault.Invalid($"Invalid 'tools': array too long. Expected an array with maximum length {MostTools}.", "tools", "array_above_max_length"));
                return;
            }

            ReadTool(fields, tool, $"tools[{index++}]", names);
        }

        if (root.Member("tool_choice") is { } choice)
        {
            ReadChoice(fields, choice, names);
        }
    }

    private static void ReadTool(FieldReader fields, JsonElement tool, string path, HashSet<string> names)
    {
        if (tool.ValueKind != JsonValueKind.Object)
        {
            fields.Reject(FieldReader.WrongType(path, "an object", tool));
            return;
        }

        var members = new FieldReader(tool, path);
        var type = members.String("type", required: true);
        if (type is not (null or "function"))
        {
            members.Reject(Fault.Invalid(
                $"Tools of type '{FieldReader.Shorten(type)}' are not supported here. Use tools of type 'function' and run them yourself.", $"{path}.type", "unsupported_value"));
        }

        var name = members.String("name", required: true, longest: 64);
        if (name is not null && !ResponseTextReader.IsName(name))
        {
            members.Reject(ResponseTextReader.InvalidName($"{path}.name", name));
        }

        members.String("description");
        members.Object("parameters");
        members.Flag("strict");
        ResponseRequestReader.RejectFirst(fields, members);
        if (name is not null)
        {
            names.Add(name);
        }
    }

    private static void ReadChoice(FieldReader fields, JsonElement choice, HashSet<string> names)
    {
        if (choice.ValueKind == JsonValueKind.String)
        {
            if (choice.GetString() is not ("none" or "auto" or "required"))
            {
                fields.Reject(FieldReader.Unsupported("tool_choice", choice.GetString()!, "none", "auto", "required"));
            }
            else if (choice.ValueEquals("required"u8) && names.Count == 0)
            {
                fields.Reject(Fault.Invalid("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice"));
            }

            return;
        }

        if (choice.ValueKind != JsonValueKind.Object)
        {
            fields.Reject(FieldReader.WrongType("tool_choice", "a string or an object", choice));
            return;
        }

        var members = new FieldReader(choice, "tool_choice");
        switch (members.Choice("type", true, "function", "allowed_tools"))
        {
            case "function":
                CheckName(members, members.String("name", required: true), "tool_choice.name", names);
                break;
            case "allowed_tools":
                members.Choice("mode", true, "auto", "required");
                var index = 0;
                foreach (var tool in members.Array("tools", required: true).Elements())
                {
                    var path = $"tool_choice.tools[{index++}]";
                    var allowed = new FieldReader(tool, path);
                    allowed.Choice("type", true, "function");
                    CheckName(allowed, allowed.String("name", required: true), $"{path}.name", names);
                    ResponseRequestReader.RejectFirst(members, allowed);
                }

                break;
        }

        ResponseRequestReader.RejectFirst(fields, members);
    }

    private static void CheckName(FieldReader members, string? name, string param, HashSet<string> names)
    {
        if (name is not null && !names.Contains(name))
        {
            members.Reject(Fault.Invalid($"Tool choice '{FieldReader.Shorten(name)}' not found in 'tools' parameter.", param));
        }
    }
}
