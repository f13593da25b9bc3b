namespace Resultity.Onnx.Tokenizers.Models;

/// <summary>BERT's greedy longest match from the left.</summary>
internal sealed class WordPieceModel : ITokenModel
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly int _unknown;
    private readonly string _prefix;
    private readonly int _maxCharacters;

    public WordPieceModel(Dictionary<string, int> vocabulary, string unknown, string prefix, int maxCharacters)
    {
        (_vocabulary, _prefix, _maxCharacters) = (vocabulary, prefix, maxCharacters);
        _lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!vocabulary.TryGetValue(unknown, out _unknown)) throw new TokenizerFormatException($"tokenizer.json: unk_token '{unknown}' is not in the vocabulary");
    }

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        if (word.IsEmpty) return;
        var characters = 0;
        foreach (var _ in word.EnumerateRunes()) characters++;
        if (characters > _maxCharacters)
        {
            output.Add(_unknown);
            return;
        }
        var mark = output.Count;
        var buffer = new char[_prefix.Length + word.Length];
        _prefix.CopyTo(buffer);
        word.CopyTo(buffer.AsSpan(_prefix.Length));
        for (var start = 0; start < word.Length;)
        {
            var end = word.Length;
            var id = -1;
            for (; end > start; end--)
            {
                if (end < word.Length && char.IsLowSurrogate(word[end])) continue;
                // The prefix is laid over the characters before the start, which are done with.
                var candidate = start == 0 ? word[..end] : WithPrefix(buffer, start, end);
                if (_lookup.TryGetValue(candidate, out id)) break;
            }
            if (end == start)
            {
                output.RemoveRange(mark, output.Count - mark);
                output.Add(_unknown);
                return;
            }
            output.Add(id);
            start = end;
        }
    }

    private ReadOnlySpan<char> WithPrefix(char[] buffer, int start, int end)
    {
        _prefix.CopyTo(buffer.AsSpan(start));
        return buffer.AsSpan(start, _prefix.Length + end - start);
    }
}
