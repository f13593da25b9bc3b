using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.Refusals;
using Resultity.Gateway.Http.Retries;
using Resultity.Gateway.Http.Streaming;
using Resultity.Serving.Idempotency;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Http;

/// <summary>Puts the public HTTP edge into a host: its parts, and their order in the pipeline.</summary>
internal static class HttpEdge
{
    /// <summary>Registers the edge's parts.</summary>
    public static IServiceCollection AddHttpEdge(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<GatewayHttpOptions>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelLimits>();
        services.AddSingleton<KestrelRefusals>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(provider => provider.GetRequiredService<KestrelRefusals>());
        services.AddHostedService(provider => provider.GetRequiredService<KestrelRefusals>());
        services.TryAddSingleton<IGatewaySignals, NoGatewaySignals>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<SubcloudAccess>();
        services.AddHostedService<KeyUse>();
        services.AddSingleton<StreamClock>();
        services.AddHostedService(provider => provider.GetRequiredService<StreamClock>());
        services.AddSingleton<LiveStreams>();
        services.AddSingleton<LiveRequests>();
        services.AddSingleton<StreamContinuation>();
        services.AddSingleton<StreamReplay>();
        services.AddSingleton<StreamDelivery>();
        services.AddIdempotency();
        services.AddSingleton<IdempotentRequests>();
        services.AddSingleton<SdkRetries>();
        services.AddSingleton<InferenceHandler>();
        services.AddSingleton<RequestFactory>();
        services.AddSingleton<IRequestReader>(provider => provider.GetRequiredService<RequestFactory>());
        services.AddCors();
        return services;
    }

    /// <summary>Puts the edge in front of all routes. Routes are mapped after it.</summary>
    public static WebApplication UseHttpEdge(this WebApplication app)
    {
        app.UseMiddleware<RequestEdge>();
        app.UseMiddleware<SubcloudPath>();
        app.UseRouting();
        var origins = app.Services.GetRequiredService<IOptions<GatewayHttpOptions>>().Value.CorsOrigins;
        if (origins.Count > 0)
        {
            app.UseCors(policy => policy.WithOrigins([.. origins]).AllowAnyHeader().AllowAnyMethod().WithExposedHeaders(HeaderNames.RequestId));
        }

        app.UseMiddleware<ApiKeyGate>();
        return app;
    }
}
