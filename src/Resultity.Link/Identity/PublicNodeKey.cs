using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Resultity.Link.Identity;

/// <summary>The public half of a <see cref="NodeKey"/>: what a gateway stores, and checks proofs with.</summary>
public static class PublicNodeKey
{
    /// <summary>The prefix of node ids.</summary>
    public const string IdPrefix = "node_";

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int LongestKey = 512;

    /// <summary>The id that a public key stands for: the first 130 bits of its SHA-256 in Crockford's base 32.</summary>
    public static string IdOf(ReadOnlySpan<byte> publicKey)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(publicKey, hash);
        Span<char> id = stackalloc char[26];
        for (var i = 0; i < id.Length; i++)
        {
            var bit = i * 5;
            var pair = (hash[bit / 8] << 8) | hash[(bit / 8) + 1];
            id[i] = Alphabet[(pair >> (11 - (bit % 8))) & 31];
        }
        return string.Concat(IdPrefix, id);
    }

    /// <summary>Reads a public key as it comes over the wire; null when it is not a P-256 key.</summary>
    public static byte[]? Decode(string base64Url)
    {
        if (base64Url.Length > LongestKey || TryDecode(base64Url) is not { } bytes)
            return null;
        using var key = Import(bytes);
        return key is null ? null : bytes;
    }

    /// <summary>Whether a signature made by <see cref="NodeKey.Sign"/> holds.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, string text, string signature)
    {
        if (signature.Length > LongestKey || TryDecode(signature) is not { Length: 64 } bytes)
            return false;
        using var key = Import(publicKey);
        return key is not null && key.VerifyData(Encoding.UTF8.GetBytes(text), bytes, HashAlgorithmName.SHA256);
    }

    private static ECDsa? Import(ReadOnlySpan<byte> publicKey)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(publicKey, out var read);
            if (read == publicKey.Length && key.KeySize == 256)
                return key;
        }
        catch (CryptographicException)
        {
            // Not a key at all.
        }
        key.Dispose();
        return null;
    }

    private static byte[]? TryDecode(string base64Url)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(base64Url.Length)];
        return Base64Url.TryDecodeFromChars(base64Url, bytes, out var written) ? bytes[..written] : null;
    }
}
