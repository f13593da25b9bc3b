using Resultity.Contracts.Values;
using Resultity.Serving.Batches;

namespace Resultity.Gateway.Batches;

/// <summary>What a client is told where a batch cannot give what it asks for.</summary>
internal static class BatchFaults
{
    /// <summary>The same words for a batch of another namespace as for one that never was.</summary>
    public static Fault NotFound { get; } = Fault.NotFound("There is no batch with this identifier, or it is not yours. GET /v1/batches lists what there is.", "batch_not_found", "id");

    /// <summary>The files with the results were deleted or have expired.</summary>
    public static Fault ResultsGone { get; } = Fault.NotFound("The results of this batch were deleted or have expired.", "results_deleted", "id");

    /// <summary>A place that no result of the batch has.</summary>
    public static Fault WrongPlace(string param) =>
        Fault.Invalid($"Invalid '{param}': expected the 'id' of a result of this batch (batch_req_…).", param);

    /// <summary>A batch that has gone too far to be cancelled.</summary>
    public static Fault NotCancellable(BatchStatus status) =>
        new(FaultKind.Conflict, "batch_not_cancellable", $"The batch is {status.Name()}, and so cannot be cancelled any more.");

    /// <summary>A batch that has not ended.</summary>
    public static Fault NotFinished(BatchStatus status) =>
        new(FaultKind.Conflict, "batch_not_finished", $"The batch is {status.Name()}. Its failed lines can be run again once it has ended.");
}
