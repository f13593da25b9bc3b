using Microsoft.Extensions.Logging;

namespace Resultity.Gateway.Http;

internal sealed partial class RequestEdge
{
    [LoggerMessage(3001, LogLevel.Error, "Request {RequestId} ({Method} {Route}) failed with an unhandled exception")]
    private partial void LogUnhandled(string requestId, string method, string? route, Exception exception);
}
