using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Requests;

/// <summary>What a client is told where a request it asks for has no answer.</summary>
internal static class RequestFaults
{
    /// <summary>The same words for a request of another namespace as for one that never was.</summary>
    public static Fault NotFound { get; } = Fault.NotFound(
        "There is no request with this identifier, or it is not yours. Answers are kept for a limited time; GET /v1/requests lists what there is.", "request_not_found", "id");

    public static Fault NotFinished(JobStatus status) => new(
        FaultKind.Conflict, "not_finished", $"The request is {status.Name()}; it has no response yet. Wait for it with GET /v1/requests/{{id}}?wait=30.");

    public static Fault AnsweredElsewhere { get; } = new(
        FaultKind.Conflict, "not_finished", "The request is answered on the connection that it came on; its response is not kept. Send 'Prefer: respond-async' to fetch it later.");

    public static Fault AnswerGone { get; } = Fault.NotFound("The response is not kept any more.", "response_gone");

    /// <summary>Why a finished job has no answer.</summary>
    public static Fault Of(Job job) => job.Status switch
    {
        JobStatus.Cancelled or JobStatus.Aborted => new(FaultKind.Conflict, "request_cancelled", "The request was cancelled, so there is no response."),
        JobStatus.Expired => job.Fault ?? new(FaultKind.DeadlineExceeded, "deadline_exceeded", "The request's deadline passed before the answer was complete."),
        _ => job.Fault ?? AnswerGone,
    };
}
