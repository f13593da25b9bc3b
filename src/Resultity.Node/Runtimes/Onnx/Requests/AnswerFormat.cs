using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>What form the answer's text must have.</summary>
/// <param name="Json">True if it must be JSON.</param>
/// <param name="Schema">The schema that it must follow, or null for any object.</param>
internal sealed record AnswerFormat(bool Json, JsonElement? Schema)
{
    /// <summary>Where the schema stands in the request.</summary>
    public const string SchemaPath = "response_format.json_schema.schema";

    public static AnswerFormat Text { get; } = new(false, null);

    public static AnswerFormat Read(RequestFields fields)
    {
        if (fields.Object("response_format") is not { } format) return Text;
        if (!format.Has("type")) throw format.Missing("type");
        switch (format.Choice("type", "", "text", "json_object", "json_schema"))
        {
            case "json_object": return new AnswerFormat(true, null);
            case "json_schema":
                var schema = format.Object("json_schema") ?? throw format.Missing("json_schema");
                schema.RequiredText("name");
                return new AnswerFormat(true, schema.Object("schema")?.Element);
            default: return Text;
        }
    }
}
