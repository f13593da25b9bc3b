using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Forms;
using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Http.OpenApi;

/// <summary>Writes one operation of the published document, and what operations share.</summary>
internal static class OperationWriter
{
    private static readonly ObjectShape Error = new(new Field("error", new ObjectShape(
        new Field("message", StringShape.Any) { Required = true },
        new Field("type", StringShape.Any) { Required = true },
        new Field("param", StringShape.Any.OrNull()) { Required = true },
        new Field("code", StringShape.Any.OrNull()) { Required = true }))
    { Required = true });

    public static void Write(Utf8JsonWriter writer, string method, string path, RouteEndpoint endpoint)
    {
        var described = endpoint.Metadata.GetMetadata<ApiOperation>();
        writer.WriteString("operationId", Identifier(method, path));
        writer.WriteString("summary", described?.Summary ?? $"{method} {path}");
        writer.WriteStartArray("tags");
        writer.WriteStringValue(endpoint.Metadata.GetMetadata<RequiredScope>()!.Scope is ApiScopes.Admin ? "admin" : path.Split('/', 4)[2]);
        writer.WriteEndArray();
        WriteParameters(writer, endpoint);
        if (described?.Body is { } body)
        {
            writer.WriteStartObject("requestBody");
            writer.WriteBoolean("required", true);
            WriteContent(writer, "application/json", body, form: described.Form);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("responses");
        writer.WriteStartObject("200");
        writer.WriteString("description", described is { Streams: true } ? "The answer; as server-sent events if `stream` is true." : "The answer.");
        if (described?.Answer is { } answer)
        {
            WriteContent(writer, "application/json", answer, described.Streams);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("default");
        writer.WriteString("$ref", "#/components/responses/Error");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void WriteComponents(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("securitySchemes");
        writer.WriteStartObject("apiKey");
        writer.WriteString("type", "http");
        writer.WriteString("scheme", "bearer");
        writer.WriteString("description", "An API key: `Authorization: Bearer rk_…`.");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartObject("responses");
        writer.WriteStartObject("Error");
        writer.WriteString("description", "Why there is no answer. The status is one of " + string.Join(", ", Statuses()) + ".");
        WriteContent(writer, "application/json", Error);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static IEnumerable<string> Statuses() => Enum.GetValues<FaultKind>()
        .Where(kind => kind is not FaultKind.Cancelled)
        .Select(FaultStatus.Of)
        .OrderBy(fault => fault.Status)
        .Select(fault => $"{fault.Status} (`{fault.Type}`)");

    private static void WriteParameters(Utf8JsonWriter writer, RouteEndpoint endpoint)
    {
        if (endpoint.RoutePattern.Parameters.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("parameters");
        foreach (var parameter in endpoint.RoutePattern.Parameters)
        {
            writer.WriteStartObject();
            writer.WriteString("name", parameter.Name);
            writer.WriteString("in", "path");
            writer.WriteBoolean("required", true);
            writer.WritePropertyName("schema");
            SchemaWriter.Write(writer, StringShape.Any);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteContent(Utf8JsonWriter writer, string type, Shape shape, bool streams = false, FormShape? form = null)
    {
        writer.WriteStartObject("content");
        writer.WriteStartObject(type);
        writer.WritePropertyName("schema");
        SchemaWriter.Write(writer, shape);
        writer.WriteEndObject();
        if (form is not null)
        {
            writer.WriteStartObject("multipart/form-data");
            writer.WritePropertyName("schema");
            FormSchema.Write(writer, form);
            writer.WriteEndObject();
        }

        if (streams)
        {
            writer.WriteStartObject("text/event-stream");
            writer.WritePropertyName("schema");
            SchemaWriter.Write(writer, StringShape.Any);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static string Identifier(string method, string path) => method.ToLowerInvariant() + string.Concat(path
        .Split(['/', '_', '-'], StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Trim('{', '}', '*'))
        .Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}
