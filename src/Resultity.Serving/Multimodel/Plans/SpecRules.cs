using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Multimodel.Plans;

/// <summary>Rules between the fields of <c>multimodel</c>.</summary>
internal static class SpecRules
{
    private static readonly (string Field, MultimodelMode[] Modes)[] Belonging =
    [
        ("hedge_ms", [MultimodelMode.Hedge]),
        ("judge", [MultimodelMode.Judge]),
        ("judge_mode", [MultimodelMode.Judge]),
        ("vote", [MultimodelMode.Vote]),
        ("min_success", [MultimodelMode.All, MultimodelMode.Vote, MultimodelMode.Judge]),
    ];

    /// <summary>The first rule that is broken.</summary>
    public static Fault? Check(MultimodelSpec spec, JsonElement root, string param)
    {
        foreach (var (field, modes) in Belonging)
        {
            if (root.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null && !modes.Contains(spec.Mode))
            {
                return Combination($"{param}{field}", $"it is only allowed when '{param}mode' is {string.Join(" or ", modes.Select(static mode => $"'{mode.Name()}'"))}");
            }
        }

        if (spec.MinSuccess > spec.Members.Count)
        {
            return Combination(param + "min_success", $"there are only {spec.Members.Count} members");
        }

        if (spec.Mode == MultimodelMode.Judge && spec.Judge is null)
        {
            return new Fault(FaultKind.InvalidRequest, "missing_required_parameter", $"Missing required parameter: '{param}judge': the model that judges.", param + "judge");
        }

        if (spec.Vote.Quorum > spec.Members.Count)
        {
            return Combination(param + "vote.quorum", $"there are only {spec.Members.Count} members");
        }

        return spec.Vote is { Model: not null, By: not VoteBy.Centroid }
            ? Combination(param + "vote.model", $"it is only allowed when '{param}vote.by' is 'centroid'")
            : null;
    }

    private static Fault Combination(string param, string why) => Fault.Invalid($"Invalid '{param}': {why}.", param, "invalid_parameter_combination");
}
