using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Answers;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Deciding;

/// <summary>A member's whole answer, to be decided on.</summary>
internal sealed record Candidate(Member Member, JsonObject Root, string Text)
{
    /// <summary>The answers that say something.</summary>
    public static List<Candidate> Of(ParallelCall call) =>
    [
        .. call.Succeeded
            .Select(static member => (member, root: AnswerMerge.Parse(member.Answer!)))
            .Where(static one => one.root is not null && AnswerText.Read(one.root) is not null)
            .Select(static one => new Candidate(one.member, one.root!, AnswerText.Read(one.root!)!)),
    ];

    /// <summary>None does.</summary>
    public static Fault NoText(string mode) =>
        Fault.Invalid($"Invalid 'multimodel.mode': answers of this kind have no text, so '{mode}' cannot decide between them. Supported values are: 'all', 'first', 'hedge', 'fallback'.", "multimodel.mode");

    /// <summary>The decided answer, whole or as events, as the client wants it.</summary>
    public static Outcome<InferenceAnswer> Finish(ParallelCall call, JsonObject root, InferenceAnswer served)
    {
        var whole = WholeAnswer.Make(call, root, served.NodeId, served.Model);
        return call.WantsStream ? RetoldAnswer.Of(call, whole, root) : whole;
    }
}
