using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Fleet;

/// <summary>Who this gateway is to nodes, which join and make their proofs for it, and to other gateways. Made once and kept.</summary>
internal sealed class GatewayIdentity
{
    private const string FileName = "gateway.id";
    private const string Prefix = "gw_";

    public GatewayIdentity(IOptions<FleetOptions> options, TimeProvider time)
    {
        OwnId = options.Value is { Folder: { Length: > 0 } folder } ? LoadOrMake(folder, time) : Id.New(Prefix, time);
        GatewayId = options.Value is { GatewayId: { Length: > 0 } given } ? given : OwnId;
    }

    /// <summary>What nodes know this gateway by, together with all others on the same storage.</summary>
    public string GatewayId { get; private set; }

    /// <summary>What the other gateways know this one by; no two have the same.</summary>
    public string OwnId { get; }

    /// <summary>Takes the id that all gateways on the same storage have, which is this one's if it is the first.</summary>
    public async Task SettleAsync(IGatewayStore gateways, CancellationToken cancellation) => GatewayId = await gateways.SettleIdentityAsync(GatewayId, cancellation);

    private static string LoadOrMake(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            // Written aside and moved, so that a crash never leaves half an id; whoever moves first wins.
            var draft = path + "." + Id.New("", time);
            File.WriteAllText(draft, Id.New(Prefix, time));
            try
            {
                File.Move(draft, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(draft);
            }
        }
        var id = File.ReadAllText(path).Trim();
        return Id.Matches(id, Prefix) ? id : throw new InvalidDataException($"{path} holds no gateway id. Remove it to have a new one made; nodes then have to join again.");
    }
}
