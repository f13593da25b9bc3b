using System.Net;
using System.Net.Sockets;

namespace Resultity.Gateway.Http.Outgoing;

/// <summary>Connections to addresses that clients name.</summary>
internal static class PinnedConnection
{
    /// <summary>A client for such addresses: no redirects, no proxies, no cookies, short answers' heads, and only addresses that are allowed.</summary>
    /// <param name="mayBePrivate">Whether a host may have a private, loopback or link-local address.</param>
    public static HttpClient NewClient(Func<DnsEndPoint, bool> mayBePrivate) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 4096,
        ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, mayBePrivate(context.DnsEndPoint), cancellation),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    // The name is resolved here and the address that was checked is the one that is connected to: a name that changes its address in between gains nothing.
    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint host, bool mayBePrivate, CancellationToken cancellation)
    {
        var found = await Dns.GetHostAddressesAsync(host.Host, cancellation);
        var allowed = mayBePrivate ? found : Array.FindAll(found, AddressGuard.IsPublic);
        if (allowed.Length == 0)
        {
            throw new RefusedAddressException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, host.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The host has no address of the public internet.</summary>
internal sealed class RefusedAddressException() : IOException("The address is not a public one.");
