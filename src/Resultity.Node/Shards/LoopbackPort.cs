using System.Net;
using System.Net.Sockets;

namespace Resultity.Node.Shards;

/// <summary>Ports on the loopback for engines and for what they connect to.</summary>
internal static class LoopbackPort
{
    // Below the ports that systems give to outgoing connections, so that none of those holds a port that an engine is about to take.
    private const int First = 20_000;
    private const int Last = 32_000;
    private const int Tries = 1000;

    /// <summary>A socket that listens on a free port of the loopback.</summary>
    public static Socket Listen(Random random)
    {
        for (var i = 0; i < Tries; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, random.Next(First, Last)));
                socket.Listen();
                return socket;
            }
            catch (SocketException)
            {
                // Taken: another one.
                socket.Dispose();
            }
        }
        throw new IOException($"no port between {First} and {Last} is free on the loopback");
    }

    public static int Of(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>Connects to a port of the loopback.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<Socket> ConnectAsync(int port, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
