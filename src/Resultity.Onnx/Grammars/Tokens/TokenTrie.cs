using Resultity.Onnx.Grammars.Automata;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Grammars.Tokens;

/// <summary>All tokens' bytes as one tree, laid out in the order of a walk: where a branch cannot go on, the walk jumps over it.</summary>
internal sealed class TokenTrie
{
    private readonly byte[] _labels;
    private readonly byte[] _depths;
    private readonly int[] _ends;
    // Tokens of a node are a run of _tokens; most nodes have none or one.
    private readonly int[] _tokenStarts;
    private readonly int[] _tokens;
    private readonly int _deepest;

    public TokenTrie(Tokenizer tokenizer, IReadOnlySet<int> shown)
    {
        var entries = new List<(byte[] Bytes, int Token)>();
        for (var token = 0; token < tokenizer.VocabularySize; token++)
        {
            var bytes = tokenizer.GetTokenBytes(token);
            // Control tokens are never text; a length beyond what depths can hold occurs only in broken files.
            if (bytes.Length is 0 or > 250 || (tokenizer.IsSpecial(token) && !shown.Contains(token))) continue;
            entries.Add((bytes.ToArray(), token));
        }
        entries.Sort(static (left, right) => left.Bytes.AsSpan().SequenceCompareTo(right.Bytes));
        List<byte> labels = [], depths = [];
        List<int> ends = [], starts = [], tokens = [];
        var open = new Stack<int>();
        var previous = Array.Empty<byte>();
        foreach (var (bytes, token) in entries)
        {
            var common = bytes.AsSpan().CommonPrefixLength(previous);
            while (open.Count > common) ends[open.Pop()] = labels.Count;
            for (var depth = common; depth < bytes.Length; depth++)
            {
                open.Push(labels.Count);
                labels.Add(bytes[depth]);
                depths.Add((byte)depth);
                ends.Add(0);
                starts.Add(tokens.Count);
            }
            tokens.Add(token);
            previous = bytes;
        }
        while (open.Count > 0) ends[open.Pop()] = labels.Count;
        starts.Add(tokens.Count);
        (_labels, _depths, _ends, _tokenStarts, _tokens) = ([.. labels], [.. depths], [.. ends], [.. starts], [.. tokens]);
        _deepest = _depths.Length == 0 ? 0 : _depths.Max() + 1;
    }

    /// <summary>The bytes of the longest token.</summary>
    public int Deepest => _deepest;

    /// <summary>Sets the bits of all tokens whose bytes can follow the state.</summary>
    public void Fill(Automaton automaton, State state, Span<uint> mask)
    {
        var path = new State[_deepest + 1];
        path[0] = state;
        for (var at = 0; at < _labels.Length;)
        {
            var depth = _depths[at];
            var next = automaton.Step(path[depth], _labels[at]);
            if (ReferenceEquals(next, Automaton.Dead))
            {
                at = _ends[at];
                continue;
            }
            path[depth + 1] = next;
            for (var token = _tokenStarts[at]; token < _tokenStarts[at + 1]; token++) mask[_tokens[token] >> 5] |= 1u << (_tokens[token] & 31);
            at++;
        }
    }
}
