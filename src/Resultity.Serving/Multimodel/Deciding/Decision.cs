using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Deciding;

/// <summary>How one answer came to be the answer.</summary>
/// <param name="by">What decided: <c>first</c>, <c>vote</c>, <c>judge</c>, ….</param>
/// <param name="winner">Whose answer it is; <see langword="null"/> if it is nobody's alone.</param>
internal sealed class Decision(string by, Member? winner)
{
    /// <summary>What deciding cost beside the members.</summary>
    public Usage Usage { get; set; }

    /// <summary>Whose answer it is.</summary>
    public Member? Winner => winner;

    /// <summary>Notes what is known only when the deciding answer, which the client sees as it comes, has come to its end.</summary>
    public Action<Decision, InferenceAnswer>? Ended { get; init; }

    /// <summary>Further facts: votes, the judge.</summary>
    public JsonObject Details { get; } = [];

    /// <summary>As it stands in the answer.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["by"] = by, ["winner"] = winner?.Index, ["model"] = winner?.Model };
        foreach (var (name, value) in Details)
        {
            json[name] = value?.DeepClone();
        }

        return json;
    }
}
