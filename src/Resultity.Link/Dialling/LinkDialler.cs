using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using Resultity.Link.Handshake;

namespace Resultity.Link.Dialling;

/// <summary>Opens the byte stream that a link runs over: an ordinary HTTP/1.1 request to the gateway that turns into a connection.</summary>
/// <remarks>Goes wherever HTTP clients go: TLS for https, and proxies from the environment. Safe for concurrent use.</remarks>
public sealed class LinkDialler : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(10),
    });

    /// <summary>Dials once.</summary>
    /// <param name="gateway">The gateway's base URL, http or https.</param>
    /// <param name="path">The route of links under it.</param>
    /// <param name="transport">How.</param>
    /// <param name="cancellationToken">Bounds the dial.</param>
    /// <exception cref="LinkDialException">Whatever prevented it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Stream> DialAsync(Uri gateway, string path, LinkTransport transport, CancellationToken cancellationToken)
    {
        var target = new Uri(gateway.AbsoluteUri.TrimEnd('/') + path);
        try
        {
            return transport == LinkTransport.Upgrade
                ? await UpgradeAsync(target, cancellationToken)
                : await WebSocketAsync(target, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or WebSocketException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new LinkDialException($"Dialling {target} ({transport.Name()}) failed: {e.GetBaseException().Message}", refusedByHttp: e is WebSocketException, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<Stream> UpgradeAsync(Uri target, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue(LinkProtocol.UpgradeToken));
        var response = await _http.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return await response.Content.ReadAsStreamAsync(cancellationToken);
        var status = (int)response.StatusCode;
        response.Dispose();
        // 429 and 5xx say that the gateway is busy or away, not that the way is wrong.
        throw new LinkDialException($"Dialling {target} (upgrade) was answered with status {status} instead of 101.", refusedByHttp: status is not 429 and < 500);
    }

    private async Task<Stream> WebSocketAsync(Uri target, CancellationToken cancellationToken)
    {
        var url = new UriBuilder(target) { Scheme = target.Scheme == Uri.UriSchemeHttps ? "wss" : "ws" }.Uri;
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(LinkProtocol.UpgradeToken);
            // The link pings by itself.
            socket.Options.KeepAliveInterval = TimeSpan.Zero;
            await socket.ConnectAsync(url, _http, cancellationToken);
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
