using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Resultity.Serving.Stores;

/// <summary>Credentials that the gateway hands out once and keeps only as a hash.</summary>
/// <remarks>
/// A secret has 256 random bits, so a plain SHA-256 of it cannot be searched: slow password hashing would only cost time on every request.
/// </remarks>
public static class Secret
{
    /// <summary>Prefix of API keys.</summary>
    public const string ApiKeyPrefix = "rk_";

    /// <summary>Prefix of join tokens.</summary>
    public const string JoinTokenPrefix = "rj_";

    /// <summary>Makes a new secret: the prefix and 43 characters of base64url.</summary>
    public static string New(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The form in which a secret is stored and found: SHA-256 of its UTF-8 bytes, as 64 lower-case hexadecimal digits.</summary>
    public static string Hash(ReadOnlySpan<char> secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var length = Encoding.UTF8.GetMaxByteCount(secret.Length);
        var utf8 = length <= 512 ? stackalloc byte[length] : new byte[length];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(secret, utf8)], hash);
        return Convert.ToHexStringLower(hash);
    }
}
