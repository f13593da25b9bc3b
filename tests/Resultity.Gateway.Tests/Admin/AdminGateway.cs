using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Resultity.Gateway.Hosting;

namespace Resultity.Gateway.Tests.Admin;

/// <summary>A whole gateway as it is hosted, on a folder of its own.</summary>
internal sealed class AdminGateway : IAsyncDisposable
{
    public const string AdminKey = "ra_for-these-tests-only";
    public const string ApiKey = "rk_for-these-tests-only";

    private AdminGateway(GatewayHost host, string folder)
    {
        (Host, Folder) = (host, folder);
        Admin = Client(AdminKey);
    }

    public GatewayHost Host { get; }

    public string Folder { get; }

    public HttpClient Admin { get; }

    public static async Task<AdminGateway> StartAsync(string? folder = null, string admin = AdminKey, string api = ApiKey)
    {
        folder ??= Directory.CreateTempSubdirectory("resultity-admin-").FullName;
        var host = GatewayHost.Create(new GatewayOptions { DataFolder = folder, Port = 0 }, logging => logging.ClearProviders());
        await host.StartAsync(new KeyOffer(admin, null), new KeyOffer(api, null), CancellationToken.None);
        return new AdminGateway(host, folder);
    }

    public HttpClient Client(string? key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Host.Address };
        if (key is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Sends as the admin, or as somebody else.</summary>
    public async Task<(int Status, JsonNode Body)> SendAsync(HttpMethod method, string path, string? body = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await (client ?? Admin).SendAsync(request);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    /// <summary>Stops the gateway and leaves the folder.</summary>
    public async Task StopAsync()
    {
        Admin.Dispose();
        await Host.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
