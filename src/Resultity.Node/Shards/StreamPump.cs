using System.Buffers;
using System.Net.Sockets;
using Resultity.Link;

namespace Resultity.Node.Shards;

/// <summary>Joins a socket and a stream of a link: what comes from one goes to the other, both ways, until both have ended or one has failed.</summary>
/// <remarks>Nothing is kept between them but one read of each: who does not take bytes stops who sends them.</remarks>
internal static class StreamPump
{
    private const int Piece = 64 * 1024;

    /// <summary>Returns when both directions have ended in good order.</summary>
    /// <exception cref="IOException">One of the two failed; the caller ends the other.</exception>
    public static async Task RunAsync(Socket socket, LinkStream stream, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var up = UpAsync(socket, stream, stop.Token);
        var down = DownAsync(socket, stream, stop.Token);
        var first = await Task.WhenAny(up, down);
        // A direction that failed takes the other with it; one that ended leaves it running.
        if (!first.IsCompletedSuccessfully)
            await stop.CancelAsync();
        try
        {
            await Task.WhenAll(up, down);
        }
        catch (Exception e) when (e is SocketException or LinkStreamException)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static async Task UpAsync(Socket socket, LinkStream stream, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await socket.ReceiveAsync(buffer, cancellation) is > 0 and var count)
                await stream.WriteAsync(buffer.AsMemory(0, count), cancellation);
            stream.Complete();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task DownAsync(Socket socket, LinkStream stream, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await stream.ReadAsync(cancellation);
            if (read.Fault is { } fault)
                throw new IOException(fault.Message);
            for (var rest = read.Memory; !rest.IsEmpty;)
                rest = rest[await socket.SendAsync(rest, cancellation)..];
            if (!read.Ended)
                continue;
            socket.Shutdown(SocketShutdown.Send);
            return;
        }
    }
}
