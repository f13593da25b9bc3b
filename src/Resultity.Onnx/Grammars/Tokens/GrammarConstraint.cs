using Resultity.Onnx.Grammars.Automata;
using Resultity.Onnx.Text;

namespace Resultity.Onnx.Grammars.Tokens;

/// <summary>Where one sequence stands in a grammar.</summary>
internal sealed class GrammarConstraint(TokenAutomaton automaton, State start) : ITokenConstraint
{
    private State _state = start;

    public bool CanEnd => _state.Accepting;

    public void FillAllowed(Span<uint> bitmask) => automaton.Fill(_state, bitmask);

    public void Accept(int token) => _state = automaton.Accept(_state, token) ?? throw new InvalidOperationException($"Token {token} was not allowed here.");
}
