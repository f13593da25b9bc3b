using Resultity.Contracts.Values;

namespace Resultity.Gateway.Files;

/// <summary>A multipart form with one file, whose bytes are stored already.</summary>
/// <param name="Fields">The text fields by name.</param>
internal sealed record FileForm(IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>The file's name as the client wrote it.</summary>
    public string? Name { get; init; }

    /// <summary>The blob that holds the file; the holder of the form makes a file of it or discards it. <see langword="null"/> if the form has none.</summary>
    public string? Blob { get; init; }

    /// <summary>The file's length.</summary>
    public long Bytes { get; init; }

    /// <summary>What the form says, its file included, as a digest; empty if none was asked for. It does not depend on the form's boundary.</summary>
    public ReadOnlyMemory<byte> Digest { get; init; }

    /// <summary>The field that says what the file is for.</summary>
    public Outcome<string> Purpose() => FileFields.Purpose(Fields.GetValueOrDefault("purpose"));

    /// <summary>How long the file is to be kept.</summary>
    public Outcome<TimeSpan?> Lifetime()
    {
        var (anchor, seconds) = (Fields.GetValueOrDefault(FileFields.Anchor), Fields.GetValueOrDefault(FileFields.Seconds));
        return anchor is null && seconds is null ? (TimeSpan?)null : FileFields.Lifetime(anchor, seconds);
    }
}
