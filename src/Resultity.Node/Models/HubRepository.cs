using System.Text.RegularExpressions;

namespace Resultity.Node.Models;

/// <summary>A model on a hub: <c>owner/name</c>, and which revision of it. Its parts are safe in URLs and as names of folders.</summary>
public sealed partial record HubRepository
{
    private HubRepository(string id, string revision)
    {
        Id = id;
        Revision = revision;
    }

    /// <summary><c>owner/name</c>.</summary>
    public string Id { get; }

    /// <summary>A branch, tag or commit.</summary>
    public string Revision { get; }

    /// <summary>The last part of the identifier: what the model's folder is called, and so the model.</summary>
    public string Name => Id[(Id.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>Reads <c>owner/name</c> or <c>owner/name@revision</c>.</summary>
    /// <exception cref="PullException">It is neither.</exception>
    public static HubRepository Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var (id, revision) = at < 0 ? (text, "main") : (text[..at], text[(at + 1)..]);
        return id.Length <= 200 && revision.Length <= 100 && Repository.IsMatch(id) && Named.IsMatch(revision) && !id.Contains("..", StringComparison.Ordinal)
            ? new HubRepository(id, revision)
            : throw new PullException(PullFailure.Invalid, $"'{text}' does not name a repository: write owner/name or owner/name@revision.");
    }

    /// <summary>Whether a name can be a model's folder.</summary>
    public static bool IsFolderName(string name) => name is { Length: > 0 and <= 100 } && Named.IsMatch(name);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex Repository { get; }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex Named { get; }
}
