namespace Resultity.Contracts.Values;

/// <summary>What families of failure are called on the wire.</summary>
public static class FaultKinds
{
    /// <summary>The <c>type</c> that clients of OpenAI's API tell errors apart by.</summary>
    public static string TypeName(this FaultKind kind) => kind switch
    {
        FaultKind.InvalidRequest or FaultKind.MethodNotAllowed or FaultKind.UnsupportedMediaType
            or FaultKind.RangeNotSatisfiable or FaultKind.Unprocessable => "invalid_request_error",
        FaultKind.Authentication => "authentication_error",
        FaultKind.InsufficientCredits => "insufficient_credits",
        FaultKind.Permission => "permission_error",
        FaultKind.NotFound => "not_found_error",
        FaultKind.RequestTimeout => "request_timeout",
        FaultKind.Conflict => "conflict_error",
        FaultKind.TooLarge => "request_too_large",
        FaultKind.RateLimited => "rate_limit_exceeded",
        FaultKind.Cancelled => "cancelled",
        FaultKind.BadNodeAnswer => "bad_node_answer",
        FaultKind.Unavailable => "service_unavailable",
        FaultKind.DeadlineExceeded => "deadline_exceeded",
        _ => "server_error",
    };
}
