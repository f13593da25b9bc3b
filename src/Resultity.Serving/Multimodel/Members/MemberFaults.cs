using Resultity.Contracts.Values;

namespace Resultity.Serving.Multimodel.Members;

/// <summary>What a call is told to have failed of when its members did.</summary>
internal static class MemberFaults
{
    private const int LongestReason = 300;

    public static Fault TimedOut { get; } =
        new(FaultKind.DeadlineExceeded, "member_timeout", "The model did not answer within the 'timeout_ms' of this call.");

    public static Fault NotJson { get; } =
        new(FaultKind.BadNodeAnswer, "bad_node_answer", "The model's answer is not JSON, so that it cannot be put together with others.");

    /// <summary>Puts the members' faults together.</summary>
    /// <param name="failed">Who failed of what, in order; at least one.</param>
    /// <param name="succeeded">How many did not fail.</param>
    /// <param name="needed">How many had to succeed.</param>
    public static Fault Of(IReadOnlyList<FailedModel> failed, int succeeded = 0, int needed = 1)
    {
        // What the network did wrong says more than that a name is unknown or that one model refuses what others take.
        var main = failed.LastOrDefault(static one => one.Reason.Kind is not (FaultKind.NotFound or FaultKind.InvalidRequest))
            ?? failed.LastOrDefault(static one => one.Reason.Kind is FaultKind.InvalidRequest) ?? failed[^1];
        if (failed.Count == 1 && succeeded == 0)
        {
            return main.Reason;
        }

        var reasons = string.Join(" · ", failed.Select(static one => $"{one.Model}: {(one.Reason.Message.Length <= LongestReason ? one.Reason.Message : one.Reason.Message[..LongestReason] + "…")}"));
        return succeeded == 0
            ? main.Reason with { Message = $"None of the {failed.Count} models answered. {reasons}" }
            : new Fault(main.Reason.Kind, "too_few_answers", $"Only {succeeded} of the models answered, and 'min_success' is {needed}. {reasons}", "multimodel.min_success") { RetryAfter = main.Reason.RetryAfter };
    }
}
