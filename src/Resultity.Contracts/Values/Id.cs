using System.Buffers;
using System.Security.Cryptography;

namespace Resultity.Contracts.Values;

/// <summary>Makes identifiers: a prefix that says the kind and 26 characters that sort by time of creation.</summary>
/// <remarks>The 26 characters are 48 bits of Unix milliseconds and 80 random bits in Crockford's base 32, as in ULID.</remarks>
public static class Id
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>Random bytes are fetched in blocks: a call of the system's generator costs more than everything else here.</summary>
    private const int BlockLength = 1024;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet);

    [ThreadStatic]
    private static byte[]? t_block;

    [ThreadStatic]
    private static int t_used;

    /// <summary>Makes a new identifier.</summary>
    /// <param name="prefix">The kind with its separator, such as <c>req_</c>, <c>resp_</c> or <c>file-</c>.</param>
    /// <param name="time">The clock that the sortable part is read from.</param>
    public static string New(string prefix, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(time);
        return string.Create(prefix.Length + 26, (prefix, Milliseconds: time.GetUtcNow().ToUnixTimeMilliseconds()), static (span, state) =>
        {
            state.prefix.CopyTo(span);
            var body = span[state.prefix.Length..];
            var milliseconds = (ulong)state.Milliseconds;
            for (var i = 9; i >= 0; i--)
            {
                body[i] = Alphabet[(int)(milliseconds & 31)];
                milliseconds >>= 5;
            }

            var random = Random16();
            for (var i = 0; i < 16; i++)
            {
                body[10 + i] = Alphabet[random[i] & 31];
            }
        });
    }

    /// <summary>The identifier of another kind with the same 26 characters: of what was made by whoever has the first, findable from it.</summary>
    /// <param name="prefix">The other kind, with its separator.</param>
    /// <param name="id">An identifier.</param>
    public static string Twin(string prefix, string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return string.Concat(prefix, id.AsSpan(id.Length - 26));
    }

    /// <summary>Whether a string has the shape of an identifier of this kind; says nothing of its existence.</summary>
    public static bool Matches(string? value, string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return value is not null
            && value.Length == prefix.Length + 26
            && value.StartsWith(prefix, StringComparison.Ordinal)
            && !value.AsSpan(prefix.Length).ContainsAnyExcept(Allowed);
    }

    /// <summary>Sixteen random bytes that are used once.</summary>
    private static ReadOnlySpan<byte> Random16()
    {
        if (t_block is null || t_used == BlockLength)
        {
            RandomNumberGenerator.Fill(t_block ??= new byte[BlockLength]);
            t_used = 0;
        }

        t_used += 16;
        return t_block.AsSpan(t_used - 16, 16);
    }
}
