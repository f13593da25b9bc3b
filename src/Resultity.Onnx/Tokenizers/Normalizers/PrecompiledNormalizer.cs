using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Resultity.Onnx.Tokenizers.Normalizers;

/// <summary>
/// SentencePiece's compiled character map: the byte length of a double-array trie, the trie, then zero-terminated replacements
/// that the trie's values point into (sentencepiece/src/normalizer.cc).
/// </summary>
internal sealed class PrecompiledNormalizer : INormalizer
{
    private readonly uint[] _trie;
    private readonly byte[] _replacements;

    public PrecompiledNormalizer(byte[] map)
    {
        var size = map.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(map) : 0;
        if (size > map.Length - 4 || size % 4 != 0) throw new TokenizerFormatException("tokenizer.json: the precompiled character map is cut off");
        _trie = new uint[size / 4];
        for (var i = 0; i < _trie.Length; i++) _trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(4 + (i * 4)));
        _replacements = map[(int)(4 + size)..];
    }

    public string Normalize(string text)
    {
        var result = new StringBuilder(text.Length);
        Span<byte> bytes = stackalloc byte[8];
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var element = rest[..StringInfo.GetNextTextElementLength(rest)];
            rest = rest[element.Length..];
            // Longer clusters are not in the map; the reference takes their characters one by one.
            if (element.Length <= 2 && Encoding.UTF8.GetByteCount(element) < 6 && Find(bytes[..Encoding.UTF8.GetBytes(element, bytes)]) is { } whole)
            {
                result.Append(whole);
                continue;
            }
            foreach (var rune in element.EnumerateRunes())
            {
                if (Find(bytes[..rune.EncodeToUtf8(bytes)]) is { } one) result.Append(one);
                else result.Append(rune);
            }
        }
        return result.ToString();
    }

    private string? Find(ReadOnlySpan<byte> key)
    {
        if (_trie.Length == 0) return null;
        var position = Offset(_trie[0]);
        foreach (var value in key)
        {
            position ^= value;
            if (value == 0 || position >= _trie.Length) return null;
            var unit = _trie[position];
            if ((unit & 0x800000FF) != value) return null;
            position ^= Offset(unit);
            if ((unit & 0x100) != 0 && position < _trie.Length) return Replacement(_trie[position] & 0x7FFFFFFF);
        }
        return null;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);

    private string? Replacement(uint start)
    {
        if (start >= _replacements.Length) return null;
        var rest = _replacements.AsSpan((int)start);
        var end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }
}
