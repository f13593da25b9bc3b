using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http;

/// <summary>Answers a request with a fault.</summary>
internal static class FaultWriter
{
    /// <summary>The official SDKs ignore a <c>retry-after</c> above this and fall back to their own, shorter guess.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Writes the status, the headers and the error body. Nothing may have been sent before.</summary>
    public static Task WriteAsync(HttpContext context, Fault fault)
    {
        var response = context.Response;
        var body = FaultJson.ToBytes(fault);
        SetHead(response, fault);
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.BodyWriter.WriteAsync(body).AsTask();
    }

    /// <summary>Sets the status and the headers that tell a client whether and when to try again.</summary>
    private static void SetHead(HttpResponse response, Fault fault)
    {
        response.StatusCode = FaultStatus.Of(fault.Kind).Status;
        if (fault.Kind is FaultKind.RateLimited or FaultKind.Unavailable)
        {
            var wait = fault.RetryAfter ?? DefaultRetryAfter;
            wait = wait > LongestRetryAfter ? LongestRetryAfter : wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
            response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            response.Headers[HeaderNames.RetryAfterMilliseconds] = ((int)Math.Ceiling(wait.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (ShouldRetry(fault) is { } shouldRetry)
        {
            response.Headers[HeaderNames.ShouldRetry] = shouldRetry ? "true" : "false";
        }

        if (fault.Kind is FaultKind.Authentication)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
    }

    /// <summary>SDKs retry every 409 by themselves; a conflict with the state of a thing does not go away by asking again.</summary>
    private static bool? ShouldRetry(Fault fault) => fault.ShouldRetry ?? (fault.Kind is FaultKind.Conflict ? false : null);
}
