namespace Resultity.Serving.Stores;

/// <summary>Whether what was used is recorded the same everywhere. All zero is right; anything else is a defect.</summary>
/// <param name="Sums">Sums by the minute that are not the sum of their postings.</param>
/// <param name="Jobs">Durable requests whose usage is not that of their postings.</param>
/// <param name="Batches">Batches whose usage is not the sum of their lines, or not that of their postings.</param>
public sealed record LedgerCheck(long Sums, long Jobs, long Batches)
{
    /// <summary>Whether all is right.</summary>
    public bool IsBalanced => Sums + Jobs + Batches == 0;
}
