namespace Resultity.Link;

/// <summary>What is asked of the other end.</summary>
/// <remarks><see cref="Body"/> belongs to the caller and must stay unchanged until the exchange is disposed.</remarks>
public sealed class LinkRequest
{
    /// <summary>An HTTP method, upper case.</summary>
    public string Method { get; init; } = "POST";

    /// <summary>Path and query, beginning with a slash.</summary>
    public required string Path { get; init; }

    /// <summary>Headers in the order sent.</summary>
    public ReadOnlyMemory<LinkHeader> Headers { get; init; }

    /// <summary>The whole body, sent within the peer's credit.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>True to keep the opener's direction open after <see cref="Body"/>: it goes on with <see cref="LinkStream.WriteAsync"/> and ends with <see cref="LinkStream.Complete"/>.</summary>
    public bool Duplex { get; init; }
}
