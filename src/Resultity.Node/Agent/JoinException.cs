namespace Resultity.Node.Agent;

/// <summary>The gateway does not let this node in; trying again changes nothing until the operator does.</summary>
public sealed class JoinException(string code, string message) : Exception(message)
{
    /// <summary>Machine-readable reason.</summary>
    public string Code { get; } = code;
}
