using Microsoft.Extensions.Options;
using Resultity.Link.Identity;

namespace Resultity.Node.Agent;

/// <summary>The node's key: made at first start, kept in a file that only the node's user can read.</summary>
internal sealed class NodeIdentity : IDisposable
{
    private const string FileName = "node.key";
    private readonly Lazy<NodeKey> _key;

    public NodeIdentity(IOptions<NodeOptions> options)
    {
        var folder = options.Value.Folder;
        _key = new Lazy<NodeKey>(() => LoadOrMake(folder));
    }

    public NodeKey Key => _key.Value;

    public void Dispose()
    {
        if (_key.IsValueCreated)
            _key.Value.Dispose();
    }

    private static NodeKey LoadOrMake(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            using var made = NodeKey.Create();
            PrivateFile.Create(path, made.ExportPem());
        }
        return NodeKey.FromPem(File.ReadAllText(path));
    }
}
