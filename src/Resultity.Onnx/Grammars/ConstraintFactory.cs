using System.Runtime.CompilerServices;
using System.Text;
using Resultity.Onnx.Grammars.Automata;
using Resultity.Onnx.Grammars.Tokens;
using Resultity.Onnx.Text;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Grammars;

/// <summary>Makes constraints for the tokens of one model.</summary>
/// <remarks>Thread-safe. What was worked out for a grammar serves all constraints on it, as long as the grammar object lives.</remarks>
public sealed class ConstraintFactory
{
    private readonly Tokenizer _tokenizer;
    private readonly TokenTrie _trie;
    private readonly ConditionalWeakTable<Grammar, TokenAutomaton> _automata = [];

    /// <summary>Prepares the tokens; takes a moment for a large vocabulary.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="shown">Special tokens that may be part of an answer, such as the marks of tool calls.</param>
    public ConstraintFactory(Tokenizer tokenizer, IReadOnlySet<int> shown)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        (_tokenizer, _trie) = (tokenizer, new TokenTrie(tokenizer, shown));
    }

    /// <summary>A constraint for one sequence, at the grammar's beginning.</summary>
    public ITokenConstraint Create(Grammar grammar)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        var automaton = Automaton(grammar);
        return new GrammarConstraint(automaton, automaton.Start());
    }

    /// <summary>A constraint for a sequence that goes on from a text; null if the text does not follow the grammar.</summary>
    public ITokenConstraint? Create(Grammar grammar, string begun)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        var automaton = Automaton(grammar);
        return automaton.Accept(automaton.Start(), Encoding.UTF8.GetBytes(begun)) is { } state ? new GrammarConstraint(automaton, state) : null;
    }

    private TokenAutomaton Automaton(Grammar grammar) => _automata.GetValue(grammar, key => new TokenAutomaton(new Automaton(key.Root), _trie, _tokenizer));
}
