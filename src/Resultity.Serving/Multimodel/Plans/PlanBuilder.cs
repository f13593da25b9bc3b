using Resultity.Contracts.Values;

namespace Resultity.Serving.Multimodel.Plans;

/// <summary>Makes a plan of what was written: names become models, and limits that only show in the whole are checked.</summary>
internal static class PlanBuilder
{
    /// <summary>Makes the plan of a name; <see langword="null"/> if the name is simply that of a model.</summary>
    public static Outcome<Plan>? Build(string name, PlanNames names)
    {
        if (names.IsModel(name))
        {
            return null;
        }

        if (names.Expand(name) is var expanded and not ModelPlan)
        {
            return expanded;
        }

        return PlanText.MayBe(name) ? new PlanText(name, names, "model").Read() : default(Outcome<Plan>?);
    }

    /// <summary>Makes the plan of what was written out.</summary>
    /// <param name="spec">What was written.</param>
    /// <param name="names">What names stand for.</param>
    /// <param name="param">Where the members were written, for messages.</param>
    public static Outcome<Plan> Build(MultimodelSpec spec, PlanNames names, string param)
    {
        var members = new List<Plan>(spec.Members.Count);
        for (var i = 0; i < spec.Members.Count; i++)
        {
            var (model, overrides) = (spec.Members[i].Model, spec.Members[i].Overrides);
            var at = $"{param}[{i}]";
            if (!(Build(model, names) ?? new ModelPlan(model, null)).TryGet(out var plan, out var fault))
            {
                return fault with { Param = at };
            }

            if (spec.Mode != MultimodelMode.Fallback && plan.HasParallel)
            {
                return Fault.Invalid($"Invalid '{at}': models that run at once cannot be members of others that run at once. Name the models themselves.", at);
            }

            members.Add(overrides is null ? plan : Override(plan, overrides));
        }

        return members.Sum(static member => member.Models.Count()) > MultimodelSpec.MostModels
            ? Fault.Invalid($"Invalid '{param}': these are more than {MultimodelSpec.MostModels} models in all.", param)
            : spec.Mode == MultimodelMode.Fallback ? new FallbackPlan(members) : new ParallelPlan(spec, members);
    }

    private static Plan Override(Plan plan, MemberOverrides overrides) => plan switch
    {
        ModelPlan model => model with { Overrides = overrides },
        FallbackPlan fallback => new FallbackPlan([.. fallback.Alternatives.Select(inner => Override(inner, overrides))]),
        ParallelPlan parallel => parallel with { Members = [.. parallel.Members.Select(inner => Override(inner, overrides))] },
        _ => plan,
    };
}
