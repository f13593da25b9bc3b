using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Resultity.Gateway.Webhooks;

/// <summary>Signatures as Standard Webhooks has them (https://www.standardwebhooks.com).</summary>
internal static class WebhookSignature
{
    /// <summary>Prefix of secrets; the rest is the key in base 64.</summary>
    public const string SecretPrefix = "whsec_";

    /// <summary>Makes a secret.</summary>
    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The value of <c>webhook-signature</c>: one signature for each secret.</summary>
    public static string Sign(IEnumerable<string> secrets, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        var content = (byte[])[.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")), .. body];
        return string.Join(' ', secrets.Select(secret => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret[SecretPrefix.Length..]), content))));
    }
}
