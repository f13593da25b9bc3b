using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;

namespace Resultity.Gateway.Hosting;

/// <summary>Counts the requests of clients, and refuses new ones while the gateway stops.</summary>
internal sealed class DrainGate(RequestDelegate next, DrainState state)
{
    private static readonly Fault Stopping = new(FaultKind.Unavailable, "gateway_stopping", "The gateway is stopping. Try again in a moment.")
    {
        RetryAfter = TimeSpan.FromSeconds(2),
        ShouldRetry = true,
    };

    public Task InvokeAsync(HttpContext context)
    {
        // Nodes' links live as long as the gateway, and health must answer to the end.
        if (!context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal)) return next(context);
        return CountedAsync(context);
    }

    private async Task CountedAsync(HttpContext context)
    {
        // Counted before the look, so that a drain either sees the request or is seen by it.
        state.Enter();
        try
        {
            if (state.IsDraining)
            {
                context.Response.Headers.Connection = "close";
                await FaultWriter.WriteAsync(context, Stopping);
                return;
            }

            await next(context);
        }
        finally
        {
            state.Leave();
        }
    }
}
