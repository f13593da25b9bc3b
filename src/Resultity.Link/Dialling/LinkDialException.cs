namespace Resultity.Link.Dialling;

/// <summary>A dial did not give a connection.</summary>
public sealed class LinkDialException(string message, bool refusedByHttp, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when something answered over HTTP, but did not switch: another transport may pass.</summary>
    public bool RefusedByHttp { get; } = refusedByHttp;
}
