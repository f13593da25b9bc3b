using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Files;

/// <summary>Puts uploaded files in the place of their ids in requests with images, sound and videos: nodes know no files of clients.</summary>
internal sealed class UploadedMedia(IFileStore files, IBlobStore blobs, TimeProvider time) : IBodyChange
{
    /// <summary>The most bytes of all files of one request, which are in memory while it runs.</summary>
    private const int MostBytes = 64 << 20;

    private static readonly string[] Fields = ["image", "images", "mask", "input_reference", "video", "file"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <inheritdoc/>
    public bool Wants(InferenceEndpoint endpoint, ReadOnlySpan<byte> body) => endpoint.IsMedia && body.IndexOf("\"file-"u8) >= 0;

    /// <inheritdoc/>
    public async ValueTask<Outcome<ReadOnlyMemory<byte>>> ChangeAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        JsonObject? root = null;
        try
        {
            root = JsonNode.Parse(body.Span, documentOptions: Strict) as JsonObject;
        }
        catch (JsonException)
        {
            // The check of the body says what is wrong with it.
        }

        if (root is null)
        {
            return body;
        }

        var left = (long)MostBytes;
        foreach (var field in Fields)
        {
            if (root[field] is JsonArray list)
            {
                for (var at = 0; at < list.Count; at++)
                {
                    var path = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{field}[{at}]");
                    if (!(await ReadAsync(context, list[at], path, left)).TryGet(out var found, out var wrong))
                    {
                        return wrong;
                    }

                    if (found.Length > 0)
                    {
                        list[at] = found;
                        left -= found.Length / 4 * 3;
                    }
                }
            }
            else if (!(await ReadAsync(context, root[field], field, left)).TryGet(out var found, out var wrong))
            {
                return wrong;
            }
            else if (found.Length > 0)
            {
                root[field] = found;
                left -= found.Length / 4 * 3;
            }
        }

        var output = new ArrayBufferWriter<byte>(body.Length);
        using (var writer = new Utf8JsonWriter(output))
        {
            root.WriteTo(writer);
        }

        return output.WrittenMemory;
    }

    /// <summary>The file as a data URL; empty if the value is no id of a file.</summary>
    private async ValueTask<Outcome<string>> ReadAsync(HttpContext context, JsonNode? value, string path, long left)
    {
        var id = (value is JsonObject inner ? inner["file_id"] : value) is JsonValue text && text.TryGetValue(out string? given) ? given : null;
        if (!Id.Matches(id, StoredFile.IdPrefix))
        {
            return "";
        }

        if (await files.GetAsync(context.Caller.Namespace, id!, time.GetUtcNow(), context.RequestAborted) is not { } file || await blobs.OpenAsync(file.Blob, context.RequestAborted) is not { } stream)
        {
            return Fault.Invalid($"Invalid '{path}': there is no file '{id}'. GET /v1/files lists the files there are.", path, "file_not_found");
        }

        await using (stream)
        {
            if (file.Bytes > left)
            {
                return new Fault(FaultKind.TooLarge, "file_too_large", $"Invalid '{path}': the file has {file.Bytes} bytes. The limit for all files of a request that are named by their ids is {MostBytes} bytes. Send larger ones as a form.", path);
            }

            var bytes = new byte[file.Bytes];
            await stream.ReadExactlyAsync(bytes, context.RequestAborted);

            // The content decides what it is, so the type says nothing.
            return "data:application/octet-stream;base64," + Convert.ToBase64String(bytes);
        }
    }
}
