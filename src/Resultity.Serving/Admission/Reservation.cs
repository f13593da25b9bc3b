using Resultity.Contracts.Values;

namespace Resultity.Serving.Admission;

/// <summary>An estimate held against a key's limits until the actual usage is known. It ends once: settled or returned.</summary>
public sealed class Reservation
{
    private readonly KeyBudget? _budget;
    private readonly int _tokens;
    private int _ended;

    internal Reservation(KeyBudget? budget, int tokens)
    {
        _budget = budget;
        _tokens = tokens;
    }

    /// <summary>Replaces the estimate with what was used. Only the first end of a reservation counts.</summary>
    public void Settle(Usage usage)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _budget?.Correct(usage.TotalTokens - _tokens);
        }
    }
}
