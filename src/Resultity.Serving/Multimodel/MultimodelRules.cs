using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel;

/// <summary>What several models and the request that they are for must have in common.</summary>
public static class MultimodelRules
{
    /// <summary>Checks what a request says of several models.</summary>
    /// <param name="spec">What it says.</param>
    /// <param name="endpoint">What is to be computed.</param>
    /// <param name="choices">How many answers of each model are asked for.</param>
    /// <param name="param">Where the members stand.</param>
    public static Fault? Check(MultimodelSpec spec, InferenceEndpoint endpoint, long choices, string param)
    {
        ArgumentNullException.ThrowIfNull(spec);
        for (var i = 0; i < spec.Members.Count; i++)
        {
            if (spec.Members[i].Overrides?.System is not null && endpoint != InferenceEndpoint.ChatCompletions)
            {
                return Fault.Invalid($"Invalid '{param}[{i}].system': only chat completions have a system message. Leave it out.", $"{param}[{i}].system");
            }
        }

        if (spec.Mode is not (MultimodelMode.Vote or MultimodelMode.Judge))
        {
            return null;
        }

        if (endpoint == InferenceEndpoint.Embeddings)
        {
            return Fault.Invalid($"Invalid 'multimodel.mode': vectors of different models cannot be compared, so '{spec.Mode.Name()}' is not possible here. Supported values are: 'all', 'first', 'hedge', 'fallback'.", "multimodel.mode");
        }

        return choices > 1
            ? Fault.Invalid($"Invalid 'n': '{spec.Mode.Name()}' decides between one answer of each model. Leave 'n' out; the same model may be a member several times.", "n")
            : null;
    }

    /// <summary>Checks a plan, whose parts may come from an operator's named multimodels.</summary>
    internal static Fault? Check(Plan plan, InferenceRequest request)
    {
        var parallels = plan is ParallelPlan one ? [one] : plan is FallbackPlan fallback ? fallback.Alternatives.OfType<ParallelPlan>() : [];
        foreach (var parallel in parallels)
        {
            var decides = parallel.Spec.Mode is MultimodelMode.Vote or MultimodelMode.Judge;
            if (Check(parallel.Spec, request.Endpoint, decides ? MemberBodyFacts.Choices(request) : 1, "model") is { } fault)
            {
                return fault;
            }
        }

        return null;
    }
}
