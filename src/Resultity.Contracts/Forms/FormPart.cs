namespace Resultity.Contracts.Forms;

/// <summary>One part of a <c>multipart/form-data</c> body: what its headers say, and where its content stands.</summary>
/// <param name="Name">The field's name as it was sent.</param>
/// <param name="FileName">The file's name as it was sent, without any meaning as a path; <see langword="null"/> for a plain field.</param>
/// <param name="ContentType">The part's content type, if it names one.</param>
/// <param name="Start">The content's first byte in the body.</param>
/// <param name="Length">The content's length in bytes.</param>
public sealed record FormPart(string Name, string? FileName, string? ContentType, int Start, int Length)
{
    /// <summary>Whether it is a file.</summary>
    public bool IsFile => FileName is not null;

    /// <summary>The field that is meant: <c>image[]</c> is one of several values of <c>image</c>.</summary>
    public string Field => Name.EndsWith("[]", StringComparison.Ordinal) ? Name[..^2] : Name;

    /// <summary>The content within the body that the part was read from.</summary>
    public ReadOnlyMemory<byte> In(ReadOnlyMemory<byte> body) => body.Slice(Start, Length);
}
