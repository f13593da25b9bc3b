namespace Resultity.Onnx.Grammars.Automata;

/// <summary>A part of a grammar over bytes.</summary>
internal abstract class Node
{
    /// <summary>No way to complete the node: what <see cref="MinDepth"/> is for a grammar that would never end.</summary>
    public const int Endless = int.MaxValue;

    /// <summary>The node's number in its grammar.</summary>
    public int Id { get; init; }

    /// <summary>How many nested references the shortest way through needs.</summary>
    public int MinDepth { get; set; } = Endless;

    /// <summary>Computes <see cref="MinDepth"/> from the parts' values.</summary>
    public abstract int ComputeMinDepth();
}

/// <summary>One byte of a set.</summary>
internal sealed class BytesNode(ByteSet set) : Node
{
    public ByteSet Set => set;
    public override int ComputeMinDepth() => 0;
}

/// <summary>Parts one after the other; without any, the empty text.</summary>
internal sealed class SequenceNode(Node[] parts) : Node
{
    public Node[] Parts => parts;
    public override int ComputeMinDepth() => parts.Length == 0 ? 0 : parts.Max(static part => part.MinDepth);
}

/// <summary>One of several.</summary>
internal sealed class ChoiceNode(Node[] options) : Node
{
    public Node[] Options => options;
    public override int ComputeMinDepth() => options.Length == 0 ? Endless : options.Min(static option => option.MinDepth);
}

/// <summary>A part again and again. The body is never the empty text.</summary>
internal sealed class RepeatNode(Node body, int least, int most) : Node
{
    /// <summary>No upper limit.</summary>
    public const int Unlimited = int.MaxValue;

    public Node Body => body;
    public int Least => least;
    public int Most => most;
    public override int ComputeMinDepth() => least == 0 ? 0 : body.MinDepth;
}

/// <summary>Another node, perhaps one that contains this one.</summary>
/// <param name="nests">Whether going into it counts as a level of depth.</param>
internal sealed class ReferenceNode(bool nests) : Node
{
    public Node Target { get; set; } = null!;
    public bool Nests => nests;
    public override int ComputeMinDepth() => Target.MinDepth == Endless ? Endless : Target.MinDepth + (nests ? 1 : 0);
}
