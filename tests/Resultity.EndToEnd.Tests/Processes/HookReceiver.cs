using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Resultity.EndToEnd.Tests.Processes;

/// <summary>A server that webhooks are sent to.</summary>
internal sealed class HookReceiver : IDisposable
{
    private readonly HttpListener _listener = new();

    public HookReceiver()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/hooks/";
        }

        _listener.Prefixes.Add(Url);
        _listener.Start();
    }

    public string Url { get; }

    /// <summary>Waits for the next event, takes it, and gives its type.</summary>
    public async Task<string> NextAsync()
    {
        var context = await _listener.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(60));
        using var body = new StreamReader(context.Request.InputStream);
        var type = (string)JsonNode.Parse(await body.ReadToEndAsync())!["type"]!;
        context.Response.StatusCode = 204;
        context.Response.Close();
        return type;
    }

    public void Dispose() => ((IDisposable)_listener).Dispose();
}
