using System.Net.Sockets;
using System.Text;

namespace Resultity.Gateway.Tests.Kit;

/// <summary>A bare TCP connection, for requests that no HTTP client sends.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!;

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var connection = new RawConnection();
        await connection._tcp.ConnectAsync(address.Host, address.Port);
        connection._stream = connection._tcp.GetStream();
        return connection;
    }

    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes);

    /// <summary>Reads until some text has come.</summary>
    public async Task<string> ReadUntilAsync(string text, int times = 1)
    {
        var received = new StringBuilder();
        var buffer = new byte[16 * 1024];
        using var patience = new CancellationTokenSource(Patience);
        while (received.ToString().Split(text).Length <= times)
        {
            var read = await _stream.ReadAsync(buffer, patience.Token);
            if (read == 0)
            {
                throw new EndOfStreamException($"The connection ended before '{text}' came; this came: {received}");
            }

            received.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return received.ToString();
    }

    /// <summary>Reads until the server closes.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var all = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(all, patience.Token);
        }
        catch (IOException)
        {
            // A reset after the answer.
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void EndSending() => _tcp.Client.Shutdown(SocketShutdown.Send);

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }
}
