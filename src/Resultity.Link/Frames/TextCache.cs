using System.Text;

namespace Resultity.Link.Frames;

/// <summary>Turns short byte strings into strings, without allocating for those seen shortly before (paths, header names, model names).</summary>
/// <remarks>Direct-mapped and bounded: a peer can only evict entries. Used by one reader at a time.</remarks>
internal sealed class TextCache
{
    private const int Slots = 256;
    private const int LongestCached = 64;
    private readonly string?[] _strings = new string?[Slots];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            return string.Empty;
        if (utf8.Length > LongestCached)
            return Encoding.UTF8.GetString(utf8);
        ref var slot = ref _strings[Hash(utf8) % Slots];
        if (slot is { } known && Matches(known, utf8))
            return known;
        return slot = Encoding.UTF8.GetString(utf8);
    }

    // Only ASCII strings match, one character per byte; others are decoded anew.
    private static bool Matches(string known, ReadOnlySpan<byte> utf8) => Ascii.Equals(utf8, known);

    private static uint Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = 2166136261u;
        foreach (var b in utf8)
            hash = (hash ^ b) * 16777619u;
        return hash ^ (hash >> 15);
    }
}
