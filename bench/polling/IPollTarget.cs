using System.Net.Sockets;

namespace Resultity.Polling;

/// <summary>What a <see cref="SocketPoller"/> calls when its socket can make progress.</summary>
/// <remarks>Called on the thread that called <see cref="SocketPoller.Wait"/>. A call may be spurious, so the socket must be non-blocking.</remarks>
public interface IPollTarget
{
    /// <summary>The socket that is watched; it must stay the same while it is registered.</summary>
    Socket Socket { get; }

    /// <summary>The socket can be read, was closed by its peer, or failed: a receive tells which.</summary>
    void OnReadable();

    /// <summary>The socket can be written, or its connection attempt ended.</summary>
    void OnWritable();
}
