namespace Resultity.Serving.Multimodel.Plans;

/// <summary>What names stand for while a plan is made: models there are, and named multimodels.</summary>
/// <param name="isModel">Whether some node has offered a model of this name, or it is an alias.</param>
/// <param name="find">A named multimodel; <see langword="null"/> if there is none of that name.</param>
internal sealed class PlanNames(Func<string, bool> isModel, Func<string, MultimodelSpec?> find)
{
    /// <summary>Knows no name, so that every name is a model's.</summary>
    public static PlanNames None { get; } = new(static _ => false, static _ => null);

    public bool IsModel(string name) => isModel(name);

    /// <summary>What one name in a plan stands for. Names within a named multimodel are models only, so nothing goes round in circles.</summary>
    public Plan Expand(string name) =>
        !isModel(name) && find(name) is { } spec && PlanBuilder.Build(spec, new PlanNames(isModel, static _ => null), "model").TryGet(out var plan, out _)
            ? plan
            : new ModelPlan(name, null);
}
