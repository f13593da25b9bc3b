namespace Resultity.Bench;

/// <summary>Something that can be put under load.</summary>
/// <param name="Name">stub, nginx or resultity.</param>
/// <param name="Url">The base URL, without the path.</param>
/// <param name="Bearer">The key to send, or null.</param>
/// <param name="Processes">The processes whose CPU and memory count; the upstream is not among them.</param>
internal sealed record Target(string Name, string Url, string? Bearer, IReadOnlyList<Child> Processes);
