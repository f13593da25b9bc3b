namespace Resultity.Serving.Multimodel.Plans;

/// <summary>Which models a request goes to, and how: a small tree.</summary>
internal abstract record Plan
{
    /// <summary>All models in it, in order.</summary>
    public abstract IEnumerable<ModelPlan> Models { get; }

    /// <summary>How it is spelled.</summary>
    public abstract string Label { get; }

    /// <summary>Whether anything in it runs at once.</summary>
    public abstract bool HasParallel { get; }
}

/// <summary>One model.</summary>
/// <param name="Name">The name that the client wrote.</param>
/// <param name="Overrides">What it is asked otherwise.</param>
internal sealed record ModelPlan(string Name, MemberOverrides? Overrides) : Plan
{
    public override IEnumerable<ModelPlan> Models => [this];

    public override string Label => Name;

    public override bool HasParallel => false;
}

/// <summary>One after the other, until one answers.</summary>
internal sealed record FallbackPlan(IReadOnlyList<Plan> Alternatives) : Plan
{
    public override IEnumerable<ModelPlan> Models => Alternatives.SelectMany(static plan => plan.Models);

    public override bool HasParallel => Alternatives.Any(static plan => plan.HasParallel);

    public override string Label => string.Join('|', Alternatives.Select(static plan => plan is ModelPlan ? plan.Label : $"({plan.Label})"));
}

/// <summary>At the same time. No member is parallel itself.</summary>
internal sealed record ParallelPlan(MultimodelSpec Spec, IReadOnlyList<Plan> Members) : Plan
{
    public override IEnumerable<ModelPlan> Models => Members.SelectMany(static plan => plan.Models);

    public override bool HasParallel => true;

    public override string Label => string.Join('+', Members.Select(static plan => plan is ModelPlan ? plan.Label : $"({plan.Label})"));
}
