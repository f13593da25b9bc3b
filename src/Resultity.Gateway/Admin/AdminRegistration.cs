using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Auth;

namespace Resultity.Gateway.Admin;

/// <summary>The admin API under <c>/admin/v1</c>. Every route needs a key with the scope <c>admin</c>, from whatever address it is called.</summary>
internal static class AdminRegistration
{
    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSingleton<KeyEndpoints>();
        services.AddSingleton<NodeEndpoints>();
        services.AddSingleton<JoinTokenEndpoints>();
        services.AddSingleton<SubcloudEndpoints>();
        services.AddSingleton<ShardEndpoints>();
        services.AddSingleton<StatusEndpoints>();
        services.AddSingleton<UsageEndpoints>();
        services.AddSingleton<MultimodelEndpoints>();
        return services;
    }

    public static void MapAdmin(this IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/admin/v1");
        admin.RequireScope(ApiScopes.Admin);
        var services = routes.ServiceProvider;
        services.GetRequiredService<KeyEndpoints>().Map(admin);
        services.GetRequiredService<NodeEndpoints>().Map(admin);
        services.GetRequiredService<JoinTokenEndpoints>().Map(admin);
        services.GetRequiredService<SubcloudEndpoints>().Map(admin);
        services.GetRequiredService<ShardEndpoints>().Map(admin);
        services.GetRequiredService<StatusEndpoints>().Map(admin);
        services.GetRequiredService<UsageEndpoints>().Map(admin);
        services.GetRequiredService<MultimodelEndpoints>().Map(admin);
    }
}
