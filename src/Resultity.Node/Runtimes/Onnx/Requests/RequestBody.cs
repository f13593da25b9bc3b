using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>Parses a request's body; what is no JSON object is refused.</summary>
internal static class RequestBody
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    public static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, Options);
        }
        catch (JsonException error)
        {
            throw new InvalidRequestException($"The body is not valid JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}).", null, "invalid_json");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw new InvalidRequestException("The body must be a JSON object.", null, "invalid_json");
    }
}
