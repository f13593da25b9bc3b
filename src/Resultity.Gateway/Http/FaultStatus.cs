using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http;

/// <summary>The one place where a fault becomes an HTTP status and an error type.</summary>
internal static class FaultStatus
{
    /// <summary>The status and the <c>type</c> that clients of OpenAI's API tell errors apart by.</summary>
    public static (int Status, string Type) Of(FaultKind kind) => (StatusOf(kind), kind.TypeName());

    private static int StatusOf(FaultKind kind) => kind switch
    {
        FaultKind.InvalidRequest => StatusCodes.Status400BadRequest,
        FaultKind.Authentication => StatusCodes.Status401Unauthorized,
        FaultKind.InsufficientCredits => StatusCodes.Status402PaymentRequired,
        FaultKind.Permission => StatusCodes.Status403Forbidden,
        FaultKind.NotFound => StatusCodes.Status404NotFound,
        FaultKind.MethodNotAllowed => StatusCodes.Status405MethodNotAllowed,
        FaultKind.RequestTimeout => StatusCodes.Status408RequestTimeout,
        FaultKind.Conflict => StatusCodes.Status409Conflict,
        FaultKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        FaultKind.UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
        FaultKind.RangeNotSatisfiable => StatusCodes.Status416RangeNotSatisfiable,
        FaultKind.Unprocessable => StatusCodes.Status422UnprocessableEntity,
        FaultKind.RateLimited => StatusCodes.Status429TooManyRequests,
        FaultKind.Cancelled => StatusCodes.Status499ClientClosedRequest,
        FaultKind.BadNodeAnswer => StatusCodes.Status502BadGateway,
        FaultKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        FaultKind.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
