using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Images;

/// <summary>Puts links in the place of images (<c>response_format: "url"</c>) and serves what they lead to.</summary>
/// <remarks>
/// The images lie in the blob store without an owner, where they are swept away after their hour. Whoever has a link may follow it: it is signed
/// and ends after that hour, as OpenAI's links do.
/// </remarks>
internal sealed class ImageLinks(IBlobStore blobs, ImageLinkKey key, TimeProvider time) : IAnswerChange
{
    /// <summary>The route's path, before the name.</summary>
    public const string Path = "/v1/images/files";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal) { ["png"] = "image/png", ["jpeg"] = "image/jpeg", ["webp"] = "image/webp" };

    // Nodes write it first, so that it costs a look at a few bytes to know.
    private static ReadOnlySpan<byte> Mark => "{\"response_format\":\"url\","u8;

    /// <inheritdoc/>
    public bool Wants(ReadOnlySpan<byte> answer) => answer.StartsWith(Mark);

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> ChangeAsync(HttpContext context, ReadOnlyMemory<byte> answer)
    {
        if (JsonNode.Parse(answer.Span, documentOptions: Strict) is not JsonObject body || body["data"] is not JsonArray images)
        {
            return answer;
        }

        body.Remove("response_format");
        var format = body["output_format"]?.GetValue<string>() is { } named && Types.ContainsKey(named) ? named : "png";
        foreach (var image in images.OfType<JsonObject>())
        {
            if (image["b64_json"]?.GetValue<string>() is { } base64)
            {
                image.Remove("b64_json");
                image["url"] = await LinkAsync(context, Convert.FromBase64String(base64), format);
            }
        }

        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            body.WriteTo(writer);
        }

        return output.WrittenMemory;
    }

    /// <summary><c>GET /v1/images/files/{name}</c>.</summary>
    public async Task ServeAsync(HttpContext context)
    {
        var file = (string)context.GetRouteValue("name")!;
        var query = context.Request.Query;
        var dot = file.LastIndexOf('.');
        var isSigned = dot > 0 && Types.ContainsKey(file[(dot + 1)..])
            && long.TryParse(query["expires"], NumberStyles.None, CultureInfo.InvariantCulture, out var expires)
            && key.Verify(file, expires, query["signature"].ToString())
            && time.GetUtcNow().ToUnixTimeSeconds() < expires;
        if (!isSigned || await blobs.OpenAsync(file[..dot], context.RequestAborted) is not { } stream)
        {
            await FaultWriter.WriteAsync(context, Fault.NotFound("There is no such image, or the link has ended: links to images are valid for an hour.", "image_not_found"));
            return;
        }

        await using (stream)
        {
            var response = context.Response;
            response.ContentType = Types[file[(dot + 1)..]];
            response.ContentLength = stream.Length;
            response.Headers.CacheControl = "private, max-age=3600, immutable";
            response.Headers.XContentTypeOptions = "nosniff";
            await stream.CopyToAsync(response.Body, context.RequestAborted);
        }
    }

    private async ValueTask<string> LinkAsync(HttpContext context, byte[] image, string format)
    {
        var name = $"{await blobs.PutAsync(image, context.RequestAborted)}.{format}";
        var expires = (time.GetUtcNow() + Life).ToUnixTimeSeconds();
        var request = context.Request;
        return string.Create(CultureInfo.InvariantCulture, $"{request.Scheme}://{request.Host}{request.PathBase}{Path}/{name}?expires={expires}&signature={key.Sign(name, expires)}");
    }
}
