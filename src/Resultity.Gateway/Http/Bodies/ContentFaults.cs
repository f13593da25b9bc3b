using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>What the headers of a body may say.</summary>
internal static class ContentFaults
{
    private const string Json = "application/json";

    /// <summary>Checks the content type and encoding of a JSON body.</summary>
    public static Fault? Check(HttpRequest request)
    {
        var type = request.Headers.ContentType;
        if (type.Count != 1 || !IsJson(type[0]))
        {
            return new Fault(
                FaultKind.UnsupportedMediaType,
                "unsupported_media_type",
                "This route takes a JSON body in UTF-8. Send the header 'Content-Type: application/json'.");
        }

        return CheckEncoding(request);
    }

    /// <summary>A compressed body can hold a thousand times its size; no client of this API needs one.</summary>
    public static Fault? CheckEncoding(HttpRequest request) => IsIdentity(request.Headers.ContentEncoding)
        ? null
        : new Fault(FaultKind.UnsupportedMediaType, "unsupported_content_encoding", "Compressed request bodies are not taken. Send the body without 'Content-Encoding'.");

    /// <summary>A body above the limit.</summary>
    public static Fault TooLarge(int limit) =>
        new(FaultKind.TooLarge, "request_too_large", $"The request body is larger than this route takes. The limit is {limit} bytes.");

    private static bool IsIdentity(StringValues encoding) =>
        encoding.Count == 0 || (encoding.Count == 1 && (encoding[0] is null or "" || string.Equals(encoding[0], "identity", StringComparison.OrdinalIgnoreCase)));

    private static bool IsJson(string? type)
    {
        if (type is Json)
        {
            return true;
        }

        if (type is null || !type.StartsWith(Json, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var rest = type.AsSpan(Json.Length).TrimStart();
        if (rest.IsEmpty)
        {
            return true;
        }

        const string charset = "charset=";
        var at = rest.IndexOf(charset, StringComparison.OrdinalIgnoreCase);
        return rest[0] == ';' && (at < 0 || rest[(at + charset.Length)..].TrimStart('"').StartsWith("utf-8", StringComparison.OrdinalIgnoreCase));
    }
}
