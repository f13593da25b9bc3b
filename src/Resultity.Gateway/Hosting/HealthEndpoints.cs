using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Hosting;

/// <summary><c>/healthz</c>: the process lives. <c>/readyz</c>: it can serve, or why not. Open to all; they tell nothing else.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan StorageTimeout = TimeSpan.FromSeconds(2);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", static context => WriteAsync(context, 200, "ok", null));
        routes.MapGet("/readyz", ReadyAsync);
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var drain = (DrainState)services.GetService(typeof(DrainState))!;
        if (drain.IsDraining)
        {
            await WriteAsync(context, 503, "stopping", "The gateway finishes what runs and takes nothing new.");
            return;
        }

        var why = await StorageProblemAsync((INodeStore)services.GetService(typeof(INodeStore))!, (TimeProvider)services.GetService(typeof(TimeProvider))!, context.RequestAborted);
        await WriteAsync(context, why is null ? 200 : 503, why is null ? "ready" : "not_ready", why);
    }

    private static async Task<string?> StorageProblemAsync(INodeStore store, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            await store.GetAsync("", cancellation).AsTask().WaitAsync(StorageTimeout, time, cancellation);
            return null;
        }
        catch (TimeoutException)
        {
            return $"The storage does not answer within {StorageTimeout.TotalSeconds:0} s.";
        }
        catch (StorageException broken)
        {
            return broken.Fault.Message;
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, string state, string? reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("status", state);
        if (reason is not null) writer.WriteString("reason", reason);
        writer.WriteEndObject();
    }
}
