namespace Resultity.Contracts.Fleet;

/// <summary>Names of the headers on requests between gateway and node, lower case as the link wants them.</summary>
public static class FleetHeaders
{
    /// <summary>The model's name on the node that is to serve the request.</summary>
    public const string Model = "resultity-model";

    /// <summary>The client-visible identifier of the request.</summary>
    public const string RequestId = "resultity-request";

    /// <summary>W3C trace context.</summary>
    public const string TraceParent = "traceparent";

    /// <summary>What the answer used, as <see cref="UsageNote"/> writes it: in the headers of an answer, or in its trailers.</summary>
    public const string Usage = "resultity-usage";

    /// <summary>The node's signed receipt, in the trailers of an answer.</summary>
    public const string Receipt = "resultity-receipt";

    /// <summary>The lease under which a raw stream is opened.</summary>
    public const string Lease = "resultity-lease";
}
