using Resultity.Link;

namespace Resultity.Node.Agent;

/// <summary>What a part of the node serves for its gateway beside inference: the paths under <c>/fleet/</c>.</summary>
internal interface IFleetRoutes
{
    /// <summary>Serves the stream if its path is one of this part's.</summary>
    ValueTask<bool> TryHandleAsync(LinkIncoming incoming);
}
