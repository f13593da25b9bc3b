using System.Net;
using System.Net.Sockets;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>Free ports of the loopback for children to listen on.</summary>
/// <remarks>
/// Taken below the range that systems give to outgoing connections, so that none of those can hold one in the moment between the choice and
/// the child's start; another program still could, which is why a child that finds its port taken is started again on another.
/// </remarks>
internal sealed class LoopbackPorts(Random random)
{
    private const int First = 20_000;
    private const int Last = 32_000;
    private readonly Lock _gate = new();
    private readonly HashSet<int> _taken = [];

    /// <summary>A port that nobody listens on; this node's until <see cref="Release"/>.</summary>
    public int Take()
    {
        for (var tries = 0; tries < 1000; tries++)
        {
            var port = random.Next(First, Last);
            lock (_gate)
                if (!_taken.Add(port))
                    continue;
            if (IsFree(port))
                return port;
            Release(port);
        }
        throw new ChildException($"No free port was found between {First} and {Last}.");
    }

    public void Release(int port)
    {
        lock (_gate)
            _taken.Remove(port);
    }

    /// <summary>Whether the port can be listened on now.</summary>
    public static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
