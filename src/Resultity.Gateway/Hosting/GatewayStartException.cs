namespace Resultity.Gateway.Hosting;

/// <summary>A gateway that cannot start as it is configured. The message tells its operator what to change.</summary>
public sealed class GatewayStartException(string message, Exception? cause = null) : Exception(message, cause);
