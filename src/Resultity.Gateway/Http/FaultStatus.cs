using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http;

/// <summary>The one place where a fault becomes an HTTP status and an error type.</summary>
internal static class FaultStatus
{
    /// <summary>The status and the <c>type</c> that clients of OpenAI's API tell errors apart by.</summary>
    public static (int Status, string Type) Of(FaultKind kind) => kind switch
    {
        FaultKind.InvalidRequest => (StatusCodes.Status400BadRequest, "invalid_request_error"),
        FaultKind.Authentication => (StatusCodes.Status401Unauthorized, "authentication_error"),
        FaultKind.InsufficientCredits => (StatusCodes.Status402PaymentRequired, "insufficient_credits"),
        FaultKind.Permission => (StatusCodes.Status403Forbidden, "permission_error"),
        FaultKind.NotFound => (StatusCodes.Status404NotFound, "not_found_error"),
        FaultKind.MethodNotAllowed => (StatusCodes.Status405MethodNotAllowed, "invalid_request_error"),
        FaultKind.RequestTimeout => (StatusCodes.Status408RequestTimeout, "request_timeout"),
        FaultKind.Conflict => (StatusCodes.Status409Conflict, "conflict_error"),
        FaultKind.TooLarge => (StatusCodes.Status413PayloadTooLarge, "request_too_large"),
        FaultKind.UnsupportedMediaType => (StatusCodes.Status415UnsupportedMediaType, "invalid_request_error"),
        FaultKind.RangeNotSatisfiable => (StatusCodes.Status416RangeNotSatisfiable, "invalid_request_error"),
        FaultKind.Unprocessable => (StatusCodes.Status422UnprocessableEntity, "invalid_request_error"),
        FaultKind.RateLimited => (StatusCodes.Status429TooManyRequests, "rate_limit_exceeded"),
        FaultKind.Cancelled => (StatusCodes.Status499ClientClosedRequest, "cancelled"),
        FaultKind.BadNodeAnswer => (StatusCodes.Status502BadGateway, "bad_node_answer"),
        FaultKind.Unavailable => (StatusCodes.Status503ServiceUnavailable, "service_unavailable"),
        FaultKind.DeadlineExceeded => (StatusCodes.Status504GatewayTimeout, "deadline_exceeded"),
        _ => (StatusCodes.Status500InternalServerError, "server_error"),
    };
}
