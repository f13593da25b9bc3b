namespace Resultity.Link.Handshake;

/// <summary>A connection did not become a link.</summary>
/// <param name="code">Machine-readable; the codes of <see cref="Contracts.Fleet.LinkWelcome"/> when the gateway refused.</param>
/// <param name="message">For the operator.</param>
public sealed class LinkHandshakeException(string code, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public string Code { get; } = code;
}
