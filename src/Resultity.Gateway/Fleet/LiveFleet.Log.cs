using Microsoft.Extensions.Logging;
using Resultity.Link;

namespace Resultity.Gateway.Fleet;

public sealed partial class LiveFleet
{
    [LoggerMessage(3001, LogLevel.Information, "Node {NodeId} ({Name}) linked by {Transport}, running {Agent}")]
    private partial void LogLinked(string nodeId, string name, string transport, string agent);

    [LoggerMessage(3002, LogLevel.Information, "A link of node {NodeId} ({Name}) ended: {Code}, {Reason}")]
    private partial void LogUnlinked(string nodeId, string name, LinkErrorCode code, string reason);

    [LoggerMessage(3003, LogLevel.Warning, "A link of node {NodeId} ({Name}) is silent")]
    private partial void LogSilent(string nodeId, string name);
}
