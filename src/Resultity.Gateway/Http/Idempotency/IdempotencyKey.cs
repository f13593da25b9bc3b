using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Idempotency;

/// <summary>The client's key, and what it stands for.</summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    private const int LongestKey = 255;

    /// <summary>The key was used with another request.</summary>
    public static Fault Reused { get; } = new(
        FaultKind.Unprocessable,
        "idempotency_key_reused",
        "This 'Idempotency-Key' was used with another request: another route or another body. Give each request a key of its own, and repeat only the same bytes under it.",
        Header)
    {
        ShouldRetry = false,
    };

    /// <summary>Reads the key.</summary>
    public static Outcome<string> Read(HttpRequest request)
    {
        var header = request.Headers[Header];
        return header is [{ Length: > 0 and <= LongestKey } key] && key.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0
            ? key
            : Fault.Invalid($"Invalid header '{Header}': expected one value of 1 to {LongestKey} printable ASCII characters, such as a UUID.", Header);
    }

    /// <summary>A digest of the request's route and body.</summary>
    /// <param name="request">Where it was sent.</param>
    /// <param name="body">The body, or a digest of it.</param>
    public static string Fingerprint(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.PathBase}{request.Path}\n"));
        hash.AppendData(body);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
