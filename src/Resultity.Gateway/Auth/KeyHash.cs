using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Resultity.Gateway.Auth;

/// <summary>SHA-256 of an API key. Keys carry 160 random bits or more, so a plain hash is as good as a slow one.</summary>
internal readonly struct KeyHash : IEquatable<KeyHash>
{
    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Takes the 32 bytes of a stored hash.</summary>
    public KeyHash(ReadOnlySpan<byte> sha256)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sha256.Length, SHA256.HashSizeInBytes);
        var parts = MemoryMarshal.Cast<byte, ulong>(sha256);
        (_a, _b, _c, _d) = (parts[0], parts[1], parts[2], parts[3]);
    }

    /// <summary>Hashes a key as it stands in a header; only short ASCII text can be one.</summary>
    /// <returns><see langword="false"/> if the text cannot be a key.</returns>
    public static bool TryCompute(ReadOnlySpan<char> key, out KeyHash hash)
    {
        hash = default;
        Span<byte> ascii = stackalloc byte[256];
        if (key.Length is 0 or > 256 || Ascii.FromUtf16(key, ascii, out var length) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(ascii[..length], digest);
        hash = new KeyHash(digest);
        return true;
    }

    /// <summary>Compares in constant time.</summary>
    public bool Equals(KeyHash other) => ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c) | (_d ^ other._d)) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyHash other && Equals(other);

    /// <summary>The form in which stores keep it: 64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(MemoryMarshal.AsBytes<ulong>([_a, _b, _c, _d]));

    /// <inheritdoc/>
    public override int GetHashCode() => (int)_a;
}
