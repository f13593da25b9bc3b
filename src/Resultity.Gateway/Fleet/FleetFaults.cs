using Resultity.Contracts.Values;
using Resultity.Link;

namespace Resultity.Gateway.Fleet;

/// <summary>What the pipeline is told when a node or its link fails.</summary>
internal static class FleetFaults
{
    public static Fault NotLinked { get; } = new(FaultKind.Unavailable, "node_unreachable", "The node that was chosen is not linked any more.") { OtherNodeMayAnswer = true };

    public static Fault TooLarge { get; } = new(FaultKind.TooLarge, "request_too_large", "The request's headers are larger than a node takes.");

    /// <summary>A fault of a stream as the pipeline's fault. Messages say nothing of nodes' insides: clients may see them.</summary>
    public static Fault Of(LinkFault fault) => fault switch
    {
        { NotBegun: true } => new Fault(FaultKind.Unavailable, "node_busy", "The node that was chosen takes no more requests now.") { OtherNodeMayAnswer = true },
        { Code: LinkErrorCode.Interrupted } => new Fault(FaultKind.Unavailable, "node_interrupted", "What served the request on its node ended and is started again.") { OtherNodeMayAnswer = true, RetryAfter = TimeSpan.FromSeconds(2) },
        { LinkEnded: true } => new Fault(FaultKind.Unavailable, "node_lost", "The connection to the node that served the request was lost.") { OtherNodeMayAnswer = true, RetryAfter = TimeSpan.FromSeconds(1) },
        _ => new Fault(FaultKind.BadNodeAnswer, "node_failed", "The node that served the request failed.") { OtherNodeMayAnswer = true },
    };
}
