namespace Resultity.Node.Models;

/// <summary>A file of a repository, as the hub announces it.</summary>
/// <param name="Path">Its path in the repository, with forward slashes.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Sha256">Digest of a large file (Git LFS), in lower-case hexadecimal.</param>
/// <param name="GitId">Git's object id of a small file: the SHA-1 of <c>blob {size}\0</c> and the content.</param>
public sealed record HubFile(string Path, long Size, string? Sha256, string? GitId);
