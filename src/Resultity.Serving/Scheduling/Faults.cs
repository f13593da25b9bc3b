using System.Globalization;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Scheduling;

/// <summary>The refusals of the scheduler, in words.</summary>
internal static class Faults
{
    public static Fault ModelNotFound(string model) =>
        new(FaultKind.NotFound, "model_not_found", $"The model '{model}' does not exist or you do not have access to it. GET /v1/models lists the models there are.", "model");

    public static Fault EndpointNotServed(string model, InferenceEndpoint endpoint) =>
        Fault.Invalid($"The model '{model}' does not serve {endpoint.Path}.", "model", "endpoint_not_supported");

    public static Fault NoCapableNode(string model) =>
        new(FaultKind.Unavailable, "no_capable_node", $"No node that serves the model '{model}' can be reached now.") { RetryAfter = TimeSpan.FromSeconds(5) };

    public static Fault QueueFull(string model, int waiting) =>
        new(FaultKind.Unavailable, "queue_full", string.Create(CultureInfo.InvariantCulture, $"The queue of the model '{model}' is full: {waiting} requests wait."))
        {
            RetryAfter = TimeSpan.FromSeconds(2),
        };

    public static Fault CannotContinue { get; } =
        new(FaultKind.Conflict, "cannot_continue", "This answer cannot be gone on with from its beginning. Send the request again.");

    public static Fault DeadlineExceeded { get; } =
        new(FaultKind.DeadlineExceeded, "deadline_exceeded", "The request's deadline passed before the answer was complete.");
}
