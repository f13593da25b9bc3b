namespace Resultity.Serving.Pipeline;

/// <summary>Bounds retries to a share of the requests, so that a failing network is not buried under repetition.</summary>
/// <remarks>Each request earns a fifth of a retry; a thousand can be saved up, so that one node's death may move all that ran on it.</remarks>
internal sealed class RetryBudget
{
    private const int Cost = 5;
    private const int Most = 1000 * Cost;
    private int _balance = Most;

    public void Earn()
    {
        if (Volatile.Read(ref _balance) < Most)
        {
            Interlocked.Increment(ref _balance);
        }
    }

    public bool TrySpend()
    {
        if (Interlocked.Add(ref _balance, -Cost) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _balance, Cost);
        return false;
    }
}
