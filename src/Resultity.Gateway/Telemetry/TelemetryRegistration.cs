using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Resultity.Gateway.Auth;

namespace Resultity.Gateway.Telemetry;

/// <summary>Makes spans and metrics of the product visible from outside.</summary>
public static class TelemetryRegistration
{
    /// <summary>What all our meters and activity sources are called.</summary>
    private const string Ours = "Resultity.*";

    /// <summary>
    /// Collects metrics for <c>/metrics</c>, and sends traces and metrics over OTLP when the environment names a collector
    /// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, with OpenTelemetry's other variables). Without one, no span is made.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="serviceName">The name that the process reports itself under, such as <c>resultity-gateway</c>.</param>
    /// <param name="otlp">Whether a collector is configured.</param>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, string serviceName, bool otlp)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(serviceName, serviceVersion: typeof(TelemetryRegistration).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Ours).AddRuntimeInstrumentation().AddPrometheusExporter();
                if (otlp)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (otlp)
        {
            telemetry.WithTracing(traces => traces.AddSource(Ours).AddOtlpExporter());
        }

        return services;
    }

    /// <summary>Maps <c>/metrics</c> in Prometheus' text format, for keys with the scope <c>admin</c>.</summary>
    public static void MapMetrics(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.MapPrometheusScrapingEndpoint("/metrics").RequireScope(ApiScopes.Admin);
    }
}
