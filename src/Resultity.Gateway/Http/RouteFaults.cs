using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http;

/// <summary>Faults for what ASP.NET refuses by itself, before or after a route of ours.</summary>
internal static class RouteFaults
{
    /// <summary>A response that ended with an error status and no body.</summary>
    public static Fault ForStatus(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => UnknownRoute(context),
        StatusCodes.Status405MethodNotAllowed => WrongMethod(context),
        StatusCodes.Status413PayloadTooLarge => TooLarge(context),
        StatusCodes.Status415UnsupportedMediaType => new Fault(FaultKind.UnsupportedMediaType, "unsupported_media_type", "This route does not take this content type."),
        StatusCodes.Status401Unauthorized => new Fault(FaultKind.Authentication, "invalid_api_key", "This route needs a valid credential."),
        StatusCodes.Status403Forbidden => new Fault(FaultKind.Permission, "forbidden", "This credential does not allow the request."),
        StatusCodes.Status503ServiceUnavailable => new Fault(FaultKind.Unavailable, "unavailable", "The gateway does not take this request now."),
        >= 500 => new Fault(FaultKind.Internal, "internal_error", "The gateway failed to handle this request."),
        _ => Fault.Invalid("The request could not be understood.", code: "invalid_request"),
    };

    /// <summary>A request that Kestrel refused while it was being read.</summary>
    public static Fault ForBadRequest(BadHttpRequestException exception, HttpContext context) => exception.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout => new Fault(FaultKind.RequestTimeout, "request_timeout", "The request body arrived too slowly."),
        StatusCodes.Status413PayloadTooLarge => TooLarge(context),
        StatusCodes.Status415UnsupportedMediaType => new Fault(FaultKind.UnsupportedMediaType, "unsupported_media_type", "This route does not take this content type."),
        _ => Fault.Invalid($"The HTTP request to {Shown(context.Request.Path)} is malformed: its body breaks off, or its framing or a parameter is wrong.", code: "invalid_request"),
    };

    private static Fault TooLarge(HttpContext context)
    {
        var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
        var which = limit is null ? "" : string.Create(CultureInfo.InvariantCulture, $" The limit is {limit} bytes.");
        return new Fault(FaultKind.TooLarge, "request_too_large", $"The request body is larger than this route takes.{which}");
    }

    private static Fault UnknownRoute(HttpContext context) =>
        Fault.NotFound($"Unknown request URL: {context.Request.Method} {Shown(context.Request.Path)}. The API's paths begin with /v1, such as /v1/chat/completions.", "unknown_url");

    private static Fault WrongMethod(HttpContext context)
    {
        var allowed = context.Response.Headers.Allow.ToString();
        return new Fault(
            FaultKind.MethodNotAllowed,
            "method_not_allowed",
            $"Not allowed to {context.Request.Method} on {Shown(context.Request.Path)}. Allowed: {(allowed.Length > 0 ? allowed : "another method")}.");
    }

    /// <summary>A client's path in a message: whole where it is short, so that a huge one does not come back as a huge error.</summary>
    private static string Shown(PathString path)
    {
        var text = path.Value ?? "/";
        return text.Length <= 128 ? text : string.Concat(text.AsSpan(0, 128), "…");
    }
}
