using System.Text.Json;
using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Serving.Subclouds;

namespace Resultity.Gateway.Fleet;

/// <summary>Serves what nodes send over their links: heartbeats.</summary>
internal sealed class NodeStatusHandler(SubcloudDirectory? subclouds) : ILinkHandler
{
    private const int LongestStatus = 1024 * 1024;
    private const int MostOffers = 1000;
    private const long MostBytes = 1L << 50;

    /// <summary>Whose link it is; set before the link runs.</summary>
    public LiveNode? Node { get; set; }

    /// <summary>Called after a report of what the node does for sharded models.</summary>
    public Action? ShardsReported { get; set; }

    /// <summary>Serves a raw stream to another node; null refuses it.</summary>
    public Func<LinkIncoming, ValueTask>? Pipe { get; set; }

    public async ValueTask HandleAsync(LinkIncoming incoming)
    {
        if (incoming is { Method: "CONNECT", Path: FleetPaths.Pipe } && Pipe is not null)
        {
            await Pipe(incoming);
            return;
        }
        if (incoming is not { Method: "POST", Path: FleetPaths.Status } || Node is null)
        {
            await incoming.RespondAsync(404, null, default, default);
            return;
        }
        var body = await incoming.ReadBodyAsync(LongestStatus, incoming.Aborted);
        if (body.Fault is not null)
        {
            await incoming.RespondAsync(413, null, default, default);
            return;
        }
        if (Parse(body.Memory.Span) is not { } status)
        {
            await incoming.RespondAsync(400, null, default, default);
            return;
        }
        if (subclouds is not null)
        {
            // Before the node is placed on: it must not serve the main cloud for a moment if it is not to.
            await subclouds.NodeSaysAsync(Node.Id, new NodeTraits(status.Region, status.TotalMemory, status.Subclouds ?? []), incoming.Aborted);
        }
        // 409 asks for the offers: this gateway does not know them (it started, or the node's links were all gone).
        await incoming.RespondAsync(Node.Accept(status) ? 204 : 409, null, default, default);
        if (status.Shards is not null)
            ShardsReported?.Invoke();
    }

    private static NodeStatus? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var status = JsonSerializer.Deserialize(json, FleetJson.Default.NodeStatus);
            return status is not null
                && (status.Shards is null || IsSane(status.Shards))
                && (status.Offers is null || (status.Offers.Count <= MostOffers && status.Offers.All(IsSane)))
                && (status.Subclouds is null || AreSane(status.Subclouds)) ? status : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool AreSane(IReadOnlyList<string> subclouds) => subclouds.Count <= NodeTraits.MostAsked && subclouds.All(Subcloud.IsName);

    private static bool IsSane(ModelOffer? offer) =>
        offer is { Model.Length: > 0 and <= 256, Slots: > 0 and <= 65536, Endpoints.Count: <= 64 } && !offer.Model.Any(char.IsControl);

    private static bool IsSane(ShardReport report) =>
        report is { Memory: >= 0, Models.Count: <= MostOffers, Leases.Count: <= MostOffers, Groups.Count: <= MostOffers }
        && report.Models.All(static model => model is { Name.Length: > 0 and <= 256, LayerBytes.Count: > 0 and <= 1000, OuterBytes: >= 0 and < MostBytes, CacheBytesPerToken: >= 0 and < MostBytes, Width: > 0 and <= 1_000_000, Vocabulary: >= 0 }
            && !model.Name.Any(char.IsControl) && model.LayerBytes.All(static bytes => bytes is > 0 and < MostBytes))
        && report.Leases.All(static lease => lease is { Id.Length: > 0 and <= 128 })
        && report.Groups.All(static group => group is { Id.Length: > 0 and <= 128 });
}
