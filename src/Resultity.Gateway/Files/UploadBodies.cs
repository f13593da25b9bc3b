using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Shapes;
using Resultity.Serving.Files;

namespace Resultity.Gateway.Files;

/// <summary>The bodies of <c>/v1/uploads</c>.</summary>
internal static class UploadBodies
{
    /// <summary>The largest body.</summary>
    public const int Limit = 1024 * 1024;

    private const int MostParts = 10_000;

    /// <summary><c>POST /v1/uploads</c>.</summary>
    public static ObjectShape Create { get; } = new(
        new Field("filename", new StringShape(1, 1024)) { Required = true },
        new Field("purpose", new EnumShape([.. FilePurpose.Given])) { Required = true },
        new Field("bytes", new IntegerShape(1, long.MaxValue)) { Required = true },
        new Field("mime_type", new StringShape(1, 255)),
        new Field("expires_after", new ObjectShape(
            new Field("anchor", new EnumShape("created_at")) { Required = true },
            new Field("seconds", new IntegerShape(FileFields.ShortestLifetime, FileFields.LongestLifetime)) { Required = true }).OrNull()));

    /// <summary><c>POST /v1/uploads/{id}/complete</c>.</summary>
    public static ObjectShape Complete { get; } = new(
        new Field("part_ids", new ArrayShape(new StringShape(1, 64), 1, MostParts)) { Required = true },
        new Field("md5", new StringShape(32, 32) { Characters = "0123456789abcdefABCDEF" }.OrNull()));

    /// <summary>Reads a checked body of <see cref="Create"/>.</summary>
    public static Outcome<(FileDraft Draft, long Bytes)> Read(JsonElement body, string @namespace, FileRules rules)
    {
        var purpose = body.GetProperty("purpose").GetString()!;
        var bytes = body.GetProperty("bytes").GetInt64();
        var most = purpose == FilePurpose.Batch ? rules.MaxBatchFileBytes : rules.MaxUploadBytes;
        if (bytes > most)
        {
            return new Fault(FaultKind.TooLarge, "request_too_large", FormattableString.Invariant($"The file is larger than an upload for this purpose may be. The limit is {most} bytes."), "bytes");
        }

        TimeSpan? lifetime = body.TryGetProperty("expires_after", out var expiry) && expiry.ValueKind == JsonValueKind.Object
            ? TimeSpan.FromSeconds(expiry.GetProperty("seconds").GetInt64())
            : null;
        return (new FileDraft(@namespace, body.GetProperty("filename").GetString()!, purpose) { Lifetime = lifetime }, bytes);
    }
}
