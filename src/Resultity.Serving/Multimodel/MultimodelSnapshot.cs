using Resultity.Serving.Catalog;
using Resultity.Serving.Multimodel.Plans;

namespace Resultity.Serving.Multimodel;

/// <summary>What several models together look like in the list of models.</summary>
internal static class MultimodelSnapshot
{
    /// <summary>Puts it together; <see langword="null"/> if none of the models is known.</summary>
    /// <param name="name">What the several are called.</param>
    /// <param name="plan">What they are.</param>
    /// <param name="find">Finds one of them.</param>
    /// <param name="created">When, if none of them says.</param>
    /// <param name="spec">What an operator wrote of them, if one did.</param>
    public static ModelSnapshot? Of(string name, Plan plan, Func<string, ModelSnapshot?> find, long created, MultimodelSpec? spec)
    {
        var known = plan.Models.Select(model => find(model.Name)).OfType<ModelSnapshot>().ToList();
        return known.Count == 0 ? null : new ModelSnapshot(
            name,
            [.. known.SelectMany(static model => model.Endpoints).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            known.Max(static model => model.Nodes),
            known.Sum(static model => model.Slots),
            known.Sum(static model => model.Running),
            known.Sum(static model => model.Waiting),
            known.Min(static model => model.ContextLength),
            created,
            "resultity",
            known.Exists(static model => model.Ready),
            [])
        {
            Multimodel = spec ?? new MultimodelSpec
            {
                Mode = plan is ParallelPlan ? MultimodelMode.All : MultimodelMode.Fallback,
                Members = [.. (plan is ParallelPlan parallel ? parallel.Members : ((FallbackPlan)plan).Alternatives).Select(static member => new MemberSpec(member.Label))],
            },
        };
    }
}
