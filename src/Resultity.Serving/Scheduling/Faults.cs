using System.Globalization;
using Resultity.Contracts.Fleet;
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
        new(FaultKind.Unavailable, "no_capable_node", $"No node that serves the model '{model}' can be reached now.")
        {
            RetryAfter = TimeSpan.FromSeconds(5),
            Queue = new QueueFacts { Possible = false, Reason = "no_capable_node" },
        };

    /// <param name="model">The model's name.</param>
    /// <param name="waiting">How many wait for it.</param>
    /// <param name="eta">How long one more would have waited.</param>
    public static Fault QueueFull(string model, int waiting, WaitForecast? eta) =>
        new(FaultKind.Unavailable, "queue_full", string.Create(CultureInfo.InvariantCulture, $"The queue of the model '{model}' is full: {waiting} requests wait."))
        {
            RetryAfter = TimeSpan.FromSeconds(2),
            Queue = new QueueFacts { Ahead = waiting, Eta = eta, Reason = "queue_full" },
        };

    /// <param name="model">The model's name.</param>
    /// <param name="loading">How far it is.</param>
    /// <param name="queue">Who waits for it.</param>
    public static Fault ModelLoading(string model, ModelLoading loading, QueueFacts? queue) =>
        new(FaultKind.Unavailable, "model_loading", $"The model '{model}' is being loaded{(queue?.Ahead is { } waiting and > 0 ? string.Create(CultureInfo.InvariantCulture, $", and {waiting} requests wait for it already") : "")}. Try again when it is ready.")
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Clamp(loading.EtaSeconds ?? 5, 1, 120)),
            Queue = queue,
            Loading = loading,
        };

    public static Fault Busy(string model) =>
        new(FaultKind.Unavailable, "model_busy", $"All slots of the model '{model}' are taken.") { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Fault CannotContinue { get; } =
        new(FaultKind.Conflict, "cannot_continue", "This answer cannot be gone on with from its beginning. Send the request again.");

    public static Fault DeadlineExceeded { get; } =
        new(FaultKind.DeadlineExceeded, "deadline_exceeded", "The request's deadline passed before the answer was complete.");
}
