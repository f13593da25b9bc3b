using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Answers;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel;

/// <summary>Runs a plan: starts each model through the pipeline as a request of its own, and makes one answer of what comes.</summary>
/// <remarks>
/// Each member is admitted, placed, failed over, metered and cancelled as any request is. <c>a|b</c> runs here, one after the other;
/// what runs at once is a <see cref="ParallelCall"/>.
/// </remarks>
internal sealed class MultimodelRunner(InferencePipeline pipeline)
{
    public InferencePipeline Pipeline => pipeline;

    /// <summary>Starts a plan for a client.</summary>
    public async ValueTask<Outcome<InferenceAnswer>> StartAsync(Plan plan, InferenceRequest request, CancellationToken cancellation)
    {
        if (MultimodelRules.Check(plan, request) is { } wrong)
        {
            return wrong;
        }

        var (outcome, failed) = await BeginAsync(plan, new MemberCall(request, request.Stream, null, cancellation)).ConfigureAwait(false);
        return failed.Count > 0 && outcome.TryGet(out var answer, out _) ? FallbackAnswer.Over(answer, failed) : outcome;
    }

    /// <summary>Starts a part of a plan.</summary>
    /// <returns>The answer, or why there is none; and which models were asked in vain before it.</returns>
    public async ValueTask<(Outcome<InferenceAnswer> Outcome, IReadOnlyList<FailedModel> Failed)> BeginAsync(Plan plan, MemberCall call)
    {
        switch (plan)
        {
            case FallbackPlan fallback:
                return await FallBackAsync(fallback, call).ConfigureAwait(false);
            case ParallelPlan parallel:
                return (await ParallelCall.StartAsync(this, parallel, call).ConfigureAwait(false), []);
            default:
                return (await BeginOneAsync((ModelPlan)plan, call, mayQueue: true).ConfigureAwait(false), []);
        }
    }

    private ValueTask<Outcome<InferenceAnswer>> BeginOneAsync(ModelPlan plan, MemberCall call, bool mayQueue) =>
        MemberRequest.Make(call, plan, mayQueue).TryGet(out var request, out var fault)
            ? pipeline.StartOneAsync(request, call.Cancellation)
            : new(fault);

    /// <summary>One after the other. Where all slots of a model are taken the next is asked, and only when none has answered one is waited for.</summary>
    private async ValueTask<(Outcome<InferenceAnswer> Outcome, IReadOnlyList<FailedModel> Failed)> FallBackAsync(FallbackPlan plan, MemberCall call)
    {
        var failed = new List<FailedModel>();
        foreach (var mayQueue in (bool[])[false, true])
        {
            foreach (var alternative in plan.Alternatives)
            {
                if (mayQueue && !failed.Exists(one => one.Model == alternative.Label && one.Reason.Code is "model_busy"))
                {
                    continue;
                }

                var outcome = alternative is ModelPlan model
                    ? await BeginOneAsync(model, call, mayQueue).ConfigureAwait(false)
                    : (await BeginAsync(alternative, call).ConfigureAwait(false)).Outcome;
                failed.RemoveAll(one => mayQueue && one.Model == alternative.Label);
                if (outcome.TryGet(out _, out var fault))
                {
                    return (outcome, failed);
                }

                failed.Add(new FailedModel(alternative.Label, fault));
                if (call.Cancellation.IsCancellationRequested || fault.Kind is FaultKind.Cancelled or FaultKind.DeadlineExceeded or FaultKind.RateLimited)
                {
                    // These are the caller's, and the same with every model.
                    return (fault, []);
                }
            }
        }

        return (MemberFaults.Of(failed), failed);
    }
}
