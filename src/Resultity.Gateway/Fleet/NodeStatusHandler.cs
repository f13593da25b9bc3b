using System.Text.Json;
using Resultity.Contracts.Fleet;
using Resultity.Link;

namespace Resultity.Gateway.Fleet;

/// <summary>Serves what nodes send over their links: heartbeats.</summary>
internal sealed class NodeStatusHandler : ILinkHandler
{
    private const int LongestStatus = 1024 * 1024;
    private const int MostOffers = 1000;

    /// <summary>Whose link it is; set before the link runs.</summary>
    public LiveNode? Node { get; set; }

    public async ValueTask HandleAsync(LinkIncoming incoming)
    {
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
        // 409 asks for the offers: this gateway does not know them (it started, or the node's links were all gone).
        await incoming.RespondAsync(Node.Accept(status) ? 204 : 409, null, default, default);
    }

    private static NodeStatus? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var status = JsonSerializer.Deserialize(json, FleetJson.Default.NodeStatus);
            return status?.Offers is null || (status.Offers.Count <= MostOffers && status.Offers.All(IsSane)) ? status : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsSane(ModelOffer? offer) =>
        offer is { Model.Length: > 0 and <= 256, Slots: > 0 and <= 65536, Endpoints.Count: <= 64 } && !offer.Model.Any(char.IsControl);
}
