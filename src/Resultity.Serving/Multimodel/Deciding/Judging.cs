using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Answers;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Deciding;

/// <summary>Lets a further model choose between whole answers, or make one of them.</summary>
internal static class Judging
{
    /// <summary>Decides. A judge that fails, or whose words name no answer, leaves the first answer in the call's order.</summary>
    public static async ValueTask<Outcome<InferenceAnswer>> DecideAsync(ParallelCall call)
    {
        var candidates = Candidate.Of(call);
        if (candidates.Count == 0)
        {
            return Candidate.NoText("judge");
        }

        var synthesises = call.Spec.Synthesises;

        // Where the client sees chat, it sees the judge's answer as it comes.
        var live = synthesises && call.WantsStream && call.Request.Endpoint == InferenceEndpoint.ChatCompletions;
        var body = JudgePrompt.Write(
            MemberBodyFacts.Question(call.Request), candidates.ConvertAll(static one => one.Text), synthesises, live, synthesises ? call.Request.MaxOutputTokens : null);
        var request = SideRequest.Make(call.Request, InferenceEndpoint.ChatCompletions, call.Spec.Judge!, body, live);
        var began = call.Runner.Pipeline.Time.GetTimestamp();
        if (!(await call.Runner.Pipeline.StartOneAsync(request, call.Caller).ConfigureAwait(false)).TryGet(out var answer, out var fault))
        {
            return fault.Kind is FaultKind.Cancelled or FaultKind.DeadlineExceeded ? fault : WithoutJudge(call, candidates[0], fault);
        }

        if (live)
        {
            call.Decision = new Decision("judge", null) { Ended = (decision, judged) => decision.Details["judge"] = Describe(call, judged, began, judged.Fault) };
            return new DecidedStream(call, answer, null, call.Caller);
        }

        await using (answer.ConfigureAwait(false))
        {
            var root = AnswerMerge.Parse(answer);
            var verdict = root is null ? null : AnswerText.Read(root);
            var choice = synthesises || verdict is null ? 0 : JudgePrompt.ReadChoice(verdict, candidates.Count);
            var trouble = choice is null || verdict is null ? new Fault(FaultKind.BadNodeAnswer, "no_verdict", "The judge's answer names none of the answers.") : null;
            var chosen = candidates[choice ?? 0];
            var served = synthesises && trouble is null ? null : chosen.Member;
            call.Decision = new Decision("judge", served) { Usage = answer.Usage };
            call.Decision.Details["judge"] = Describe(call, answer, began, trouble);
            if (served is not null)
            {
                return Candidate.Finish(call, chosen.Root, served.Answer!);
            }

            // A chat's synthesis is the judge's answer as it is. Where answers look otherwise, its words stand in a member's.
            if (call.Request.Endpoint != InferenceEndpoint.ChatCompletions)
            {
                AnswerText.Replace(root = chosen.Root, verdict!);
            }

            root!["model"] = answer.Model;
            return Candidate.Finish(call, root, answer);
        }
    }

    private static Outcome<InferenceAnswer> WithoutJudge(ParallelCall call, Candidate first, Fault fault)
    {
        call.Decision = new Decision("judge", first.Member);
        call.Decision.Details["judge"] = new JsonObject { ["model"] = call.Spec.Judge, ["status"] = "failed", ["error"] = MultimodelJson.Error(fault) };
        return Candidate.Finish(call, first.Root, first.Member.Answer!);
    }

    private static JsonObject Describe(ParallelCall call, InferenceAnswer answer, long began, Fault? trouble) => new()
    {
        ["model"] = answer.Model,
        ["node"] = answer.NodeId,
        ["status"] = trouble is null ? "completed" : "failed",
        ["error"] = trouble is null ? null : MultimodelJson.Error(trouble),
        ["usage"] = MultimodelJson.Usage(answer.Usage),
        ["latency_ms"] = Math.Round(call.Runner.Pipeline.Time.GetElapsedTime(began).TotalMilliseconds, 1),
    };
}
