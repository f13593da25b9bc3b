namespace Resultity.Contracts.Values;

/// <summary>The families of failure that a caller can tell apart. One switch in the gateway makes an HTTP status of each.</summary>
public enum FaultKind
{
    /// <summary>The request is wrong; the same request will always be (400).</summary>
    InvalidRequest,

    /// <summary>No valid credential (401).</summary>
    Authentication,

    /// <summary>The account's credits do not cover the request (402).</summary>
    InsufficientCredits,

    /// <summary>The credential does not allow this (403).</summary>
    Permission,

    /// <summary>It does not exist, or is not the caller's (404).</summary>
    NotFound,

    /// <summary>The route exists with another method (405).</summary>
    MethodNotAllowed,

    /// <summary>The client did not send its request in time (408).</summary>
    RequestTimeout,

    /// <summary>The state of the thing does not allow this now (409).</summary>
    Conflict,

    /// <summary>Above a size limit (413).</summary>
    TooLarge,

    /// <summary>Not a content type that the route takes (415).</summary>
    UnsupportedMediaType,

    /// <summary>A range that the thing does not have (416).</summary>
    RangeNotSatisfiable,

    /// <summary>The same idempotency key with another body (422).</summary>
    Unprocessable,

    /// <summary>Above the caller's rate or quota (429).</summary>
    RateLimited,

    /// <summary>A defect of the gateway itself (500).</summary>
    Internal,

    /// <summary>The node or its runtime answered with something unusable (502).</summary>
    BadNodeAnswer,

    /// <summary>Nothing can serve this now: no node, a full queue, a model that loads, shutdown (503).</summary>
    Unavailable,

    /// <summary>The request's deadline passed (504).</summary>
    DeadlineExceeded,

    /// <summary>The caller went away or cancelled; nobody reads the answer (499).</summary>
    Cancelled,
}
