using Resultity.Onnx.Grammars.Automata;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Grammars.Tokens;

/// <summary>A grammar seen through a vocabulary, with the masks of states that came up. Thread-safe.</summary>
internal sealed class TokenAutomaton(Automaton automaton, TokenTrie trie, Tokenizer tokenizer)
{
    // Masks take the vocabulary's size in bits each; beyond this they are forgotten and worked out again.
    private const long MaskMemory = 64L << 20;
    private readonly Lock _gate = new();
    private readonly List<State> _masked = [];
    private readonly int _words = (tokenizer.VocabularySize + 31) / 32;

    public State Start()
    {
        lock (_gate) return automaton.Start();
    }

    public void Fill(State state, Span<uint> mask)
    {
        lock (_gate)
        {
            state = automaton.Alike(state, trie.Deepest);
            if (state.Mask is null)
            {
                if ((_masked.Count + 1L) * _words * sizeof(uint) > MaskMemory)
                {
                    foreach (var known in _masked) known.Mask = null;
                    _masked.Clear();
                }
                state.Mask = new uint[_words];
                trie.Fill(automaton, state, state.Mask);
                _masked.Add(state);
            }
            state.Mask.CopyTo(mask);
        }
        mask[_words..].Clear();
    }

    /// <summary>The state after a token, or null if it cannot follow.</summary>
    public State? Accept(State state, int token)
    {
        var bytes = tokenizer.GetTokenBytes(token).Span;
        return bytes.IsEmpty ? null : Accept(state, bytes);
    }

    /// <summary>The state after some bytes, or null if they cannot follow.</summary>
    public State? Accept(State state, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (var value in bytes)
            {
                state = automaton.Step(state, value);
                if (ReferenceEquals(state, Automaton.Dead)) return null;
            }
        }
        return state;
    }
}
