using System.Globalization;
using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Answers;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Deciding;

/// <summary>Decides between whole answers by a vote.</summary>
internal static class Voting
{
    /// <summary>Decides.</summary>
    public static async ValueTask<Outcome<InferenceAnswer>> DecideAsync(ParallelCall call)
    {
        var voters = Candidate.Of(call);
        if (voters.Count == 0)
        {
            return Candidate.NoText("vote");
        }

        var texts = voters.ConvertAll(static voter => voter.Text);
        var by = call.Spec.Vote.By ?? (AnswerText.IsJson(voters[0].Root) || MemberBodyFacts.AsksForJson(call.Request) ? VoteBy.Json : VoteBy.Text);
        var usage = default(Usage);
        Fault? trouble = null;
        VoteResult? result = null;
        if (by == VoteBy.Centroid)
        {
            var measured = await Embedding.MeasureAsync(call, texts).ConfigureAwait(false);
            usage = measured.Usage;
            if (measured.Vectors.TryGet(out var vectors, out trouble))
            {
                result = VoteCount.Nearest(vectors);
            }
        }
        else if (by == VoteBy.Json && (result = JsonVote.Count(texts)) is null)
        {
            trouble = new Fault(FaultKind.BadNodeAnswer, "no_json", "No answer was JSON.");
        }

        result ??= by == VoteBy.Exact ? VoteCount.Count(texts) : VoteCount.Count(texts.ConvertAll(VoteCount.Normalise));
        if (result.Votes < call.Spec.Vote.Quorum)
        {
            return NoQuorum(result, call.Spec.Vote.Quorum, voters.Count);
        }

        var winner = voters[result.Winner];
        if (result.Composed is { } composed)
        {
            AnswerText.Replace(winner.Root, composed);
        }

        call.Decision = new Decision("vote", winner.Member) { Usage = usage };
        Describe(call.Decision.Details, by, result, voters, trouble);
        return Candidate.Finish(call, winner.Root, winner.Member.Answer!);
    }

    private static void Describe(JsonObject details, VoteBy by, VoteResult result, List<Candidate> voters, Fault? trouble)
    {
        details["vote"] = by.ToString().ToLowerInvariant();
        details["votes"] = result.Votes;
        details["of"] = voters.Count;
        details["tie"] = result.IsTie;
        if (result.Groups.Count > 0)
        {
            details["groups"] = new JsonArray([.. result.Groups.Select(group => new JsonArray([.. group.Select(voter => (JsonNode)voters[voter].Member.Index)]))]);
        }

        if (result.Likeness is { } likeness)
        {
            details["likeness"] = new JsonArray([.. likeness.Select(static one => (JsonNode)one)]);
        }

        if (trouble is not null)
        {
            // The answers are there and paid for: they are counted by their text instead.
            details["error"] = MultimodelJson.Error(trouble);
        }
    }

    private static Fault NoQuorum(VoteResult result, int quorum, int of) =>
        new(FaultKind.Conflict, "quorum_not_reached", string.Create(
            CultureInfo.InvariantCulture,
            $"The vote has no winner: the most voted answer{(result.WeakestField is { } field ? $" for the field '{field}'" : "")} has {result.Votes} of {of} votes, and 'vote.quorum' is {quorum}."),
            "multimodel.vote.quorum")
        { ShouldRetry = false };
}
