using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Resultity.Gateway.Admin;
using Resultity.Gateway.Fleet;
using Resultity.Gateway.Http;
using Resultity.Serving;
using Resultity.Storage;

namespace Resultity.Gateway.Hosting;

/// <summary>The gateway's parts, and how they are put together: the file to read for what there is.</summary>
internal static class GatewayRegistration
{
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(options.Scheduling);
        services.AddSingleton(options.Pipeline);
        services.AddSingleton(options.Catalog);
        services.AddSingleton(Options.Create(options.Http));
        options.Fleet.Folder ??= options.DataFolder;
        services.AddSingleton(Options.Create(options.Fleet));

        services.AddSqliteStorage(options.DataFolder);
        services.AddServing();
        services.AddFleet();
        services.AddHttpEdge();
        services.AddSingleton<DrainState>();
        services.AddSingleton<FirstKeys>();
        services.AddAdmin();
        return services;
    }

    public static void UseGateway(this WebApplication app)
    {
        app.UseHttpEdge();
        app.UseMiddleware<DrainGate>();
        app.MapHealth();
        app.MapFleet();
        app.MapAdmin();
    }
}
