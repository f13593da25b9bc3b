using System.Net;
using System.Net.Sockets;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>The usual ways to learn whether a child serves.</summary>
public static class ReadyProbe
{
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2),
    });

    /// <summary>Ready when a GET of the path answers 200.</summary>
    /// <param name="path">Such as <c>health</c>, without the first slash.</param>
    public static Func<ChildInstance, CancellationToken, ValueTask<bool>> Get(string path) => async (child, cancellation) =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(child.Address, path)) { Version = HttpVersion.Version11 };
        using var response = await Http.SendAsync(request, cancellation);
        return response.StatusCode == HttpStatusCode.OK;
    };

    /// <summary>Ready when the port takes a connection.</summary>
    public static async ValueTask<bool> ConnectAsync(ChildInstance child, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(child);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, child.Port, cancellation);
        return true;
    }
}
