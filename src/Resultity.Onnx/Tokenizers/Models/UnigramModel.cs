using System.Globalization;
using System.Text;

namespace Resultity.Onnx.Tokenizers.Models;

/// <summary>SentencePiece's unigram model: the segmentation of highest probability, by Viterbi's algorithm.</summary>
internal sealed class UnigramModel : ITokenModel
{
    // What an unknown character costs below the rarest piece (sentencepiece/src/unigram_model.cc).
    private const double UnknownPenalty = 10;
    private readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly double[] _scores;
    private readonly int _longest;
    private readonly int _unknown;
    private readonly double _unknownScore;
    private readonly int[]? _bytes;

    public UnigramModel(List<(string Text, double Score)> pieces, int unknown, bool byteFallback)
    {
        _scores = [.. pieces.Select(piece => piece.Score)];
        for (var id = 0; id < pieces.Count; id++) _vocabulary[pieces[id].Text] = id;
        _lookup = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _longest = pieces.Count == 0 ? 0 : pieces.Max(piece => piece.Text.Length);
        _unknown = unknown;
        _unknownScore = (pieces.Count == 0 ? 0 : pieces.Min(piece => piece.Score)) - UnknownPenalty;
        if (byteFallback) _bytes = [.. Enumerable.Range(0, 256).Select(value => _vocabulary.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), -1))];
    }

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        var best = new (double Score, int Start, int Id)[word.Length + 1];
        Array.Fill(best, (double.NegativeInfinity, -1, -1));
        best[0].Score = 0;
        for (var start = 0; start < word.Length;)
        {
            _ = Rune.DecodeFromUtf16(word[start..], out _, out var step);
            var single = false;
            for (var length = step; length <= _longest && start + length <= word.Length; length++)
            {
                if (!_lookup.TryGetValue(word.Slice(start, length), out var id)) continue;
                single |= length == step;
                Offer(best, start, start + length, id, _scores[id]);
            }
            if (!single) Offer(best, start, start + step, _unknown, _unknownScore);
            start += step;
        }
        Trace(best, word, output);
    }

    private static void Offer((double Score, int Start, int Id)[] best, int start, int end, int id, double score)
    {
        if (best[start].Score + score > best[end].Score) best[end] = (best[start].Score + score, start, id);
    }

    private void Trace((double Score, int Start, int Id)[] best, ReadOnlySpan<char> word, List<int> output)
    {
        var mark = output.Count;
        var reversed = new Stack<(int Start, int End, int Id)>();
        for (var end = word.Length; end > 0; end = best[end].Start) reversed.Push((best[end].Start, end, best[end].Id));
        foreach (var (start, end, id) in reversed)
        {
            if (id != _unknown) output.Add(id);
            else if (_bytes is not null && AddBytes(word[start..end], output)) continue;
            else if (_unknown < 0) throw new TokenizerFormatException("the text has a character outside the vocabulary, and the model names no unknown token");
            // Unknown characters in a row are one token.
            else if (output.Count == mark || output[^1] != _unknown) output.Add(_unknown);
        }
    }

    private bool AddBytes(ReadOnlySpan<char> text, List<int> output)
    {
        Span<byte> bytes = stackalloc byte[8];
        var length = Encoding.UTF8.GetBytes(text, bytes);
        foreach (var value in bytes[..length])
            if (_bytes![value] < 0) return false;
        foreach (var value in bytes[..length]) output.Add(_bytes![value]);
        return true;
    }
}
