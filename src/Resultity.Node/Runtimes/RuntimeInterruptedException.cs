namespace Resultity.Node.Runtimes;

/// <summary>The engine ended while it served a request, and is started again: the gateway may wait for it, or ask elsewhere.</summary>
public sealed class RuntimeInterruptedException(string message, Exception? inner = null) : Exception(message, inner);
