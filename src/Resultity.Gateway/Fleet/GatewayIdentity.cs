using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Fleet;

/// <summary>The id that nodes join and make their proofs for; made once and kept.</summary>
internal sealed class GatewayIdentity
{
    private const string FileName = "gateway.id";
    private const string Prefix = "gw_";

    public GatewayIdentity(IOptions<FleetOptions> options, TimeProvider time) => GatewayId = options.Value switch
    {
        { GatewayId: { Length: > 0 } given } => given,
        { Folder: { Length: > 0 } folder } => LoadOrMake(folder, time),
        _ => Id.New(Prefix, time),
    };

    public string GatewayId { get; }

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
