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
}
