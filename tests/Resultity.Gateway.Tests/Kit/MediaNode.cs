using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Resultity.Gateway.Tests.Kit;

/// <summary>A server that stands for a node which serves media: what it answers is up to the test. It reads forms with ASP.NET's reader, not with ours.</summary>
internal sealed class MediaNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private MediaNode(WebApplication app) => _app = app;

    public Func<HttpContext, Task> Answer { get; set; } = static context => context.Response.WriteAsJsonAsync(new { created = 1, data = Array.Empty<object>() });

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<MediaNode> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Logging.ClearProviders();
        var node = new MediaNode(builder.Build());
        node._app.Run(context => node.Answer(context));
        await node._app.StartAsync();
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
