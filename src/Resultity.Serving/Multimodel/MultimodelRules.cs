using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel;

/// <summary>What several models and the request that they are for must have in common.</summary>
public static class MultimodelRules
{
    /// <summary>The most bytes of a form's copies: each model that is asked at the same time gets one.</summary>
    private const long LargestForms = 512L * 1024 * 1024;

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

        if (endpoint == InferenceEndpoint.Speech && spec.Mode is MultimodelMode.All or MultimodelMode.Vote or MultimodelMode.Judge)
        {
            return param == "model" && spec.Mode == MultimodelMode.All
                ? Fault.Invalid("Invalid 'model': an answer holds one sound, so that models joined by '+' cannot all speak. Join them by '|', of which the first that can speaks, or set 'multimodel' with the mode 'first' or 'hedge'.", "model")
                : Fault.Invalid($"Invalid 'multimodel.mode': an answer holds one sound, and sounds cannot be compared, so '{spec.Mode.Name()}' is not possible here. Supported values are: 'first', 'hedge', 'fallback'.", "multimodel.mode");
        }

        if (spec.Mode is not (MultimodelMode.Vote or MultimodelMode.Judge))
        {
            return null;
        }

        if (endpoint == InferenceEndpoint.Embeddings)
        {
            return Fault.Invalid($"Invalid 'multimodel.mode': vectors of different models cannot be compared, so '{spec.Mode.Name()}' is not possible here. Supported values are: 'all', 'first', 'hedge', 'fallback'.", "multimodel.mode");
        }

        if (endpoint == InferenceEndpoint.Rerank)
        {
            return Fault.Invalid($"Invalid 'multimodel.mode': scores of different models have no common scale, so '{spec.Mode.Name()}' is not possible here. Supported values are: 'all', 'first', 'hedge', 'fallback'.", "multimodel.mode");
        }

        return choices > 1
            ? Fault.Invalid($"Invalid 'n': '{spec.Mode.Name()}' decides between one answer of each model. Leave 'n' out; the same model may be a member several times.", "n")
            : null;
    }

    /// <summary>What is only known of the whole request: whether its answers can be put together, and whether its copies find room.</summary>
    private static Fault? CheckForm(ParallelPlan plan, InferenceRequest request)
    {
        if (!MemberRequest.IsJson(request) && (long)request.Body.Length * plan.Members.Count > LargestForms)
        {
            return new Fault(FaultKind.TooLarge, "request_too_large", $"The form has {request.Body.Length} bytes, for each of {plan.Members.Count} models. The limit is {LargestForms} bytes for all of them; ask fewer models at once, or join them by '|'.", "file");
        }

        return plan.Spec.Mode is MultimodelMode.All or MultimodelMode.Vote or MultimodelMode.Judge
            && (request.Endpoint == InferenceEndpoint.Transcriptions || request.Endpoint == InferenceEndpoint.Translations)
            && MemberBodyFacts.Text(request, "response_format") is "text" or "srt" or "vtt"
            ? Fault.Invalid($"Invalid 'response_format': '{plan.Spec.Mode.Name()}' puts several answers together, which needs 'json' or 'verbose_json'.", "response_format", "invalid_parameter_combination")
            : null;
    }

    /// <summary>Checks a plan, whose parts may come from an operator's named multimodels.</summary>
    internal static Fault? Check(Plan plan, InferenceRequest request)
    {
        var parallels = plan is ParallelPlan one ? [one] : plan is FallbackPlan fallback ? fallback.Alternatives.OfType<ParallelPlan>() : [];
        foreach (var parallel in parallels)
        {
            var decides = parallel.Spec.Mode is MultimodelMode.Vote or MultimodelMode.Judge;
            if (Check(parallel.Spec, request.Endpoint, decides ? MemberBodyFacts.Choices(request) : 1, request.Multimodel is null ? "model" : "multimodel.models") is { } fault
                || (fault = CheckForm(parallel, request)) is not null)
            {
                return fault;
            }
        }

        return null;
    }
}
