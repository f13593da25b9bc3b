namespace Resultity.Contracts.Fleet;

/// <summary>The routes between node and gateway.</summary>
public static class FleetPaths
{
    /// <summary>On the gateway, plain HTTP: exchanges a join token for an enrolment.</summary>
    public const string Enroll = "/fleet/v1/enroll";

    /// <summary>On the gateway: the upgrade that begins a link.</summary>
    public const string Link = "/fleet/v1/link";

    /// <summary>Inside a link, node to gateway: <see cref="NodeStatus"/>.</summary>
    public const string Status = "/fleet/v1/status";

    /// <summary>Inside a link, method <c>CONNECT</c>: a raw byte stream to the engine of a shard; head to gateway, and gateway to member.</summary>
    public const string Pipe = "/fleet/v1/pipe";

    /// <summary>Inside a link, gateway to node: <see cref="LeaseOrder"/>.</summary>
    public const string ShardLease = "/fleet/v1/shards/lease";

    /// <summary>Inside a link, gateway to node: <see cref="ServeOrder"/>.</summary>
    public const string ShardServe = "/fleet/v1/shards/serve";

    /// <summary>Inside a link, gateway to node: <see cref="StopOrder"/>.</summary>
    public const string ShardStop = "/fleet/v1/shards/stop";

    /// <summary>Inside a link, gateway to node: bytes that are read and thrown away, to learn how fast the link is.</summary>
    public const string ShardProbe = "/fleet/v1/shards/probe";
}
