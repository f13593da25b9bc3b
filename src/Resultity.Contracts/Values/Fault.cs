using Resultity.Contracts.Fleet;

namespace Resultity.Contracts.Values;

/// <summary>Why something failed, as a value: what a client is told, and what the pipeline needs to decide on a retry.</summary>
/// <param name="Kind">The family, which decides the HTTP status and the error type.</param>
/// <param name="Code">The machine-readable reason, such as <c>model_not_found</c>.</param>
/// <param name="Message">A sentence for people: what was wrong, and what would be right.</param>
/// <param name="Param">The request field that is at fault, as a path such as <c>messages[0].role</c>.</param>
public sealed record Fault(FaultKind Kind, string Code, string Message, string? Param = null)
{
    /// <summary>When a retry has a chance; sent as <c>retry-after</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What went wrong lies with one node or link, so another node may well answer.</summary>
    public bool OtherNodeMayAnswer { get; init; }

    /// <summary><see langword="false"/> tells SDKs not to retry by themselves; <see langword="null"/> leaves it to their rules.</summary>
    public bool? ShouldRetry { get; init; }

    /// <summary>Why the request waited or could not wait, where that is the reason.</summary>
    public QueueFacts? Queue { get; init; }

    /// <summary>How far the load of the model is that the request waited for, where that is the reason.</summary>
    public ModelLoading? Loading { get; init; }

    /// <summary>The request is wrong.</summary>
    public static Fault Invalid(string message, string? param = null, string code = "invalid_value") =>
        new(FaultKind.InvalidRequest, code, message, param);

    /// <summary>It does not exist, or is not the caller's: both read the same.</summary>
    public static Fault NotFound(string message, string code = "not_found", string? param = null) =>
        new(FaultKind.NotFound, code, message, param);

    /// <summary>The caller went away or cancelled.</summary>
    public static Fault Cancelled { get; } = new(FaultKind.Cancelled, "cancelled", "The request was cancelled by the client.");
}
