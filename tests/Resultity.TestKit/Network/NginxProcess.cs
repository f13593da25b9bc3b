using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Resultity.TestKit.Network;

/// <summary>A real nginx in front of a server of the test, with a configuration and a port of its own.</summary>
public sealed class NginxProcess : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx", "/opt/homebrew/bin/nginx"];
    private readonly Process _process;
    private readonly string _folder;

    private NginxProcess(Process process, string folder, int port)
    {
        (_process, _folder) = (process, folder);
        Address = new Uri($"http://127.0.0.1:{port}/");
    }

    /// <summary>Where nginx is installed, or null.</summary>
    public static string? Program => Places.FirstOrDefault(File.Exists);

    /// <summary>True where a missing nginx must fail the tests instead of skipping them.</summary>
    public static bool Required => Environment.GetEnvironmentVariable("RESULTITY_CI") == "1";

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts one that passes everything to <paramref name="target"/>.</summary>
    /// <param name="target">The server behind it.</param>
    /// <param name="onlyWebSocket">True to pass only upgrades to WebSocket, as many proxies are set up.</param>
    public static async Task<NginxProcess> StartAsync(Uri target, bool onlyWebSocket = false)
    {
        ArgumentNullException.ThrowIfNull(target);
        var folder = Directory.CreateTempSubdirectory("resultity-nginx-").FullName;
        var port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $$"""
            daemon off;
            master_process off;
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/error.log;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              map $http_upgrade $passed_upgrade { {{(onlyWebSocket ? "websocket websocket; default ''" : "default $http_upgrade")}}; }
              map $passed_upgrade $passed_connection { '' close; default upgrade; }
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  proxy_pass {{target.GetLeftPart(UriPartial.Authority)}};
                  proxy_http_version 1.1;
                  proxy_set_header Host $http_host;
                  proxy_set_header Upgrade $passed_upgrade;
                  proxy_set_header Connection $passed_connection;
                  proxy_buffering off;
                }
              }
            }
            """);
        var process = Process.Start(new ProcessStartInfo(Program!, ["-p", folder, "-c", Path.Combine(folder, "nginx.conf")]) { RedirectStandardError = true })!;
        var nginx = new NginxProcess(process, folder, port);
        await nginx.WaitUntilListeningAsync(port);
        return nginx;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task WaitUntilListeningAsync(int port)
    {
        for (var attempt = 0; attempt < 500; attempt++)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"nginx did not start: {await _process.StandardError.ReadToEndAsync()}");
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
        throw new TimeoutException("nginx does not listen.");
    }
}
