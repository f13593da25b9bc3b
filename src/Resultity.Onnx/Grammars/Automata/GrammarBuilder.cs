using System.Text;

namespace Resultity.Onnx.Grammars.Automata;

/// <summary>Makes the nodes of one grammar and keeps their number within bounds.</summary>
internal sealed class GrammarBuilder
{
    private const int MaxNodes = 200_000;
    private readonly List<Node> _nodes = [];

    public Node Empty => field ??= Sequence();

    public Node Bytes(ByteSet set) => Add(new BytesNode(set) { Id = _nodes.Count });

    public Node Byte(char ascii) => Bytes(ByteSet.Of((byte)ascii));

    public Node Literal(string text) => Sequence([.. Encoding.UTF8.GetBytes(text).Select(value => Bytes(ByteSet.Of(value)))]);

    public Node Sequence(params Node[] parts) => parts.Length == 1 ? parts[0] : Add(new SequenceNode(parts) { Id = _nodes.Count });

    public Node Choice(params Node[] options) => options.Length == 1 ? options[0] : Add(new ChoiceNode(options) { Id = _nodes.Count });

    public Node Optional(Node node) => Choice(node, Empty);

    public Node Repeat(Node body, int least, int most) => most == 0 ? Empty : Add(new RepeatNode(body, least, most) { Id = _nodes.Count });

    public ReferenceNode Reference(bool nests) => (ReferenceNode)Add(new ReferenceNode(nests) { Id = _nodes.Count });

    /// <summary>Works out which nodes can be completed, and how deep.</summary>
    public Grammar Build(Node root)
    {
        var changed = true;
        while (changed)
        {
            changed = false;
            foreach (var node in _nodes)
            {
                var depth = node.ComputeMinDepth();
                if (depth >= node.MinDepth) continue;
                node.MinDepth = depth;
                changed = true;
            }
        }
        if (root.MinDepth > Automaton.MaxDepth) throw new GrammarException("#", "describes only values that never end or that are nested too deep.");
        return new Grammar(root);
    }

    private Node Add(Node node)
    {
        if (_nodes.Count >= MaxNodes) throw new GrammarException("#", "is too large.");
        _nodes.Add(node);
        return node;
    }
}
