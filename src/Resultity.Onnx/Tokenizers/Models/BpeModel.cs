using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Resultity.Onnx.Tokenizers.Models;

/// <summary>Byte-pair encoding by merge ranks, over the characters of a word.</summary>
internal sealed class BpeModel : ITokenModel
{
    private const int CachedWordLength = 40;
    private const int CachedWords = 20_000;
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly Dictionary<ulong, Merge> _merges;
    private readonly BpeOptions _options;
    private readonly int _unknown = -1;
    private readonly int[] _byteTokens;
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _cached;
    private int _cachedCount;

    public BpeModel(Dictionary<string, int> vocabulary, Dictionary<ulong, Merge> merges, BpeOptions options)
    {
        (_vocabulary, _merges, _options) = (vocabulary, merges, options);
        _lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _cached = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        if (options.UnknownToken is { } unknown && !vocabulary.TryGetValue(unknown, out _unknown))
            throw new TokenizerFormatException($"tokenizer.json: unk_token '{unknown}' is not in the vocabulary");
        _byteTokens = new int[256];
        for (var value = 0; value < 256; value++)
            _byteTokens[value] = vocabulary.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), -1);
    }

    /// <summary>Where a pair stands in the order of merging and what it becomes.</summary>
    public readonly record struct Merge(int Rank, int Id);

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    public void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        if (word.IsEmpty) return;
        if (_options.IgnoreMerges && _lookup.TryGetValue(word, out var whole))
        {
            output.Add(whole);
            return;
        }
        if (word.Length <= CachedWordLength && _cached.TryGetValue(word, out var known))
        {
            output.AddRange(known);
            return;
        }
        var symbols = new List<int>(word.Length);
        Symbols(word, symbols);
        BpeMerging.Run(symbols, _merges);
        output.AddRange(symbols);
        // A full cache stays as it is: common words come first, and a hostile text cannot grow it.
        if (word.Length <= CachedWordLength && Volatile.Read(ref _cachedCount) < CachedWords && _cached.TryAdd(word, [.. symbols])) Interlocked.Increment(ref _cachedCount);
    }

    private void Symbols(ReadOnlySpan<char> word, List<int> symbols)
    {
        var fused = false;
        Span<byte> bytes = stackalloc byte[4];
        for (var at = 0; at < word.Length;)
        {
            _ = Rune.DecodeFromUtf16(word[at..], out var rune, out var length);
            var character = word.Slice(at, length);
            var found = Find(character, first: at == 0, last: at + length == word.Length);
            at += length;
            if (found >= 0)
            {
                symbols.Add(found);
                fused = false;
                continue;
            }
            if (_options.ByteFallback && AddBytes(bytes[..rune.EncodeToUtf8(bytes)], symbols))
            {
                fused = false;
                continue;
            }
            if (_unknown >= 0 && !(fused && _options.FuseUnknown)) symbols.Add(_unknown);
            fused = true;
        }
    }

    private int Find(ReadOnlySpan<char> character, bool first, bool last)
    {
        var prefix = first ? "" : _options.ContinuingPrefix;
        var suffix = last ? _options.EndSuffix : "";
        if (prefix.Length == 0 && suffix.Length == 0) return _lookup.TryGetValue(character, out var plain) ? plain : -1;
        return _vocabulary.GetValueOrDefault($"{prefix}{character}{suffix}", -1);
    }

    private bool AddBytes(ReadOnlySpan<byte> bytes, List<int> symbols)
    {
        foreach (var value in bytes)
            if (_byteTokens[value] < 0) return false;
        foreach (var value in bytes) symbols.Add(_byteTokens[value]);
        return true;
    }
}
