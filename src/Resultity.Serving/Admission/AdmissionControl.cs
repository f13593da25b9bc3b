using System.Collections.Concurrent;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Admission;

/// <summary>May this caller spend this now? Reserves an estimate; the pipeline settles the actual. Safe for concurrent use.</summary>
public sealed class AdmissionControl(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, KeyBudget> _budgets = new(StringComparer.Ordinal);

    /// <summary>Reserves one request and an estimate of its tokens.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="model">For which model.</param>
    /// <param name="estimatedTokens">How many tokens it will take about.</param>
    /// <param name="isBackground">Whether nobody waits for the answer: then half of the key's rate is left to interactive requests.</param>
    public Outcome<Reservation> Admit(Caller caller, string model, int estimatedTokens, bool isBackground = false)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (caller.AllowedModels is { } allowed && !allowed.Contains(model))
        {
            return Scheduling.Faults.ModelNotFound(model);
        }

        if (caller.Limits == RateLimits.None)
        {
            return new Reservation(null, 0);
        }

        var budget = BudgetOf(caller);
        return budget.TryTake(caller.Limits, estimatedTokens, isBackground) is { } refusal ? refusal : new Reservation(budget, estimatedTokens);
    }

    /// <summary>What the caller has left now; <see langword="null"/> when its key has no limits.</summary>
    public RateLimitState? Read(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.Limits == RateLimits.None ? null : BudgetOf(caller).Read(caller.Limits);
    }

    private KeyBudget BudgetOf(Caller caller) =>
        _budgets.TryGetValue(caller.KeyId, out var budget) ? budget : _budgets.GetOrAdd(caller.KeyId, static (_, clock) => new KeyBudget(clock), time);
}
