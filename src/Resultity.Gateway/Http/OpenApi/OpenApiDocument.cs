using System.Buffers;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Gateway.Auth;

namespace Resultity.Gateway.Http.OpenApi;

/// <summary>The published description of the API, made of the routes that there are and the shapes that requests are checked against.</summary>
internal static class OpenApiDocument
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = FaultJson.WriterOptions.Encoder };

    /// <summary>Writes the document for all routes that need an API key.</summary>
    public static ReadOnlyMemory<byte> Write(IEnumerable<Endpoint> endpoints)
    {
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        writer.WriteString("openapi", "3.1.0");
        writer.WriteStartObject("info");
        writer.WriteString("title", "Resultity");
        writer.WriteString("description", "An inference cloud that speaks OpenAI's API. Any OpenAI SDK works with this server as its base URL.");
        writer.WriteString("version", typeof(OpenApiDocument).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]);
        writer.WriteEndObject();
        writer.WriteStartObject("paths");
        foreach (var path in Routes(endpoints).GroupBy(route => Path(route.Endpoint)).OrderBy(path => path.Key, StringComparer.Ordinal))
        {
            writer.WriteStartObject(path.Key);
            foreach (var (method, endpoint) in path)
            {
                writer.WriteStartObject(method.ToLowerInvariant());
                OperationWriter.Write(writer, method, path.Key, endpoint);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteStartArray("security");
        writer.WriteStartObject();
        writer.WriteStartArray("apiKey");
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartObject("components");
        OperationWriter.WriteComponents(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static IEnumerable<(string Method, RouteEndpoint Endpoint)> Routes(IEnumerable<Endpoint> endpoints) =>
        from endpoint in endpoints.OfType<RouteEndpoint>()
        where endpoint.Metadata.GetMetadata<RequiredScope>() is not null
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        select (method, endpoint);

    private static string Path(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace("{**", "{", StringComparison.Ordinal);
}
