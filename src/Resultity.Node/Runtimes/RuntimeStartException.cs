namespace Resultity.Node.Runtimes;

/// <summary>A runtime's configuration can't work. The message is for the operator: the setting, its value, and what is allowed.</summary>
public sealed class RuntimeStartException(string message, Exception? inner = null) : Exception(message, inner);
