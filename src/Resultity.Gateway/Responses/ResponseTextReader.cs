using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>Validates <c>text</c>: the format of the answer and its verbosity.</summary>
internal static class ResponseTextReader
{
    /// <summary>Validates the member, if it is there.</summary>
    public static void Read(FieldReader fields)
    {
        if (fields.Object("text") is not { } text)
        {
            return;
        }

        var members = new FieldReader(text, "text");
        members.Choice("verbosity", false, "low", "medium", "high");
        if (members.Object("format") is { } format)
        {
            ReadFormat(members, format);
        }

        ResponseRequestReader.RejectFirst(fields, members);
    }

    private static void ReadFormat(FieldReader outer, JsonElement format)
    {
        var members = new FieldReader(format, "text.format");
        if (members.Choice("type", true, "text", "json_object", "json_schema") == "json_schema")
        {
            var name = members.String("name", required: true, longest: 64);
            if (name is not null && !IsName(name))
            {
                members.Reject(InvalidName("text.format.name", name));
            }

            members.Object("schema", required: true);
            members.String("description");
            members.Flag("strict");
        }

        ResponseRequestReader.RejectFirst(outer, members);
    }

    /// <summary>Whether a name is one that OpenAI takes for schemas and functions.</summary>
    public static bool IsName(string name) =>
        name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>The fault of another name.</summary>
    public static Fault InvalidName(string param, string name) =>
        Fault.Invalid($"Invalid '{param}': '{FieldReader.Shorten(name)}' must hold only letters, digits, '_' and '-', and at least one of them.", param);
}
