namespace Resultity.Gateway.Webhooks;

/// <summary>When a delivery that failed is tried again: soon at first, then ever more rarely, for three days.</summary>
internal static class WebhookSchedule
{
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1),
        TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12), TimeSpan.FromHours(24), TimeSpan.FromHours(24),
    ];

    /// <summary>The pause after a try.</summary>
    /// <param name="attempt">Which try failed, from 1.</param>
    /// <param name="random">From 0 to 1: spreads tries that failed together over a tenth of the pause to both sides.</param>
    /// <returns><see langword="null"/> when it is given up.</returns>
    public static TimeSpan? After(int attempt, double random) => attempt <= Pauses.Length ? Pauses[attempt - 1] * (0.9 + (0.2 * random)) : null;
}
