namespace Resultity.Onnx.Grammars.Automata;

/// <summary>What is to follow when the current node is complete: a linked stack, shared and compared by reference.</summary>
/// <param name="Id">Its number, for keys.</param>
/// <param name="Node">The sequence, repetition or nesting reference that goes on.</param>
/// <param name="Place">The next part of a sequence, or the repetitions done.</param>
/// <param name="Below">What follows after that; null for the end.</param>
/// <param name="Depth">Nesting references on the stack, this one included.</param>
internal sealed record Frame(int Id, Node Node, int Place, Frame? Below, int Depth)
{
    /// <summary>The frame that stands for this one as far as single tokens can tell; see <see cref="Automaton.Alike"/>.</summary>
    public Frame? Clamped { get; set; }
}

/// <summary>One way in which the text so far can be read: it waits for a byte of a node.</summary>
internal readonly record struct Reading(BytesNode Next, Frame? After);

/// <summary>All ways in which the text so far can be read. Shared: equal states are one object.</summary>
internal sealed class State(Reading[] readings, bool accepting)
{
    public Reading[] Readings => readings;

    /// <summary>Whether the text may end here.</summary>
    public bool Accepting => accepting;

    /// <summary>States after each byte, as far as known; <see cref="Automaton.Dead"/> for bytes that cannot follow.</summary>
    public State?[]? Next { get; set; }

    /// <summary>The state with the same mask, if it was looked for.</summary>
    public State? Alike { get; set; }

    /// <summary>The tokens that can follow, if they were worked out.</summary>
    public uint[]? Mask { get; set; }
}
