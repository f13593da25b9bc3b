namespace Resultity.Serving.Scheduling;

/// <summary>The nodes that requests run on which belong together, so that they spread. Read and written under the scheduler's gate only.</summary>
internal sealed class SiblingNodes
{
    private readonly List<string> _nodes = [];

    /// <summary>Whether each is to have a node of its own even if that one has to load the model first.</summary>
    public bool Apart { get; init; }

    internal bool Contains(string nodeId) => _nodes.Contains(nodeId);

    internal void Add(string nodeId)
    {
        if (!_nodes.Contains(nodeId))
        {
            _nodes.Add(nodeId);
        }
    }
}
