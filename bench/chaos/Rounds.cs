namespace Resultity.Chaos;

/// <summary>Kills gateways, nodes or both at random moments, and starts them again.</summary>
internal sealed class Rounds(Cluster cluster, Tally tally, int seed)
{
#pragma warning disable CA5394 // Repeatable by its seed; nothing is kept secret by it.
    private readonly Random _random = new(seed);

    /// <summary>How often each kind of process was killed.</summary>
    public SortedDictionary<string, int> Kills { get; } = new(StringComparer.Ordinal);

    public async Task RunAsync(int rounds)
    {
        for (var round = 1; round <= rounds; round++)
        {
            await UntilBusyAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(0, 1000)), TimeProvider.System);
            var gateway = _random.Next(cluster.Gateways.Count);
            (string What, IReadOnlyList<KilledProcess> Victims) chosen = _random.Next(4) switch
            {
                0 => ("a node", [cluster.NodeOf(gateway)]),
                1 => ("a gateway and its node", [cluster.Gateways[gateway].Process, cluster.NodeOf(gateway)]),
                2 when cluster.Gateways.Count > 1 => ("all gateways", [.. cluster.Gateways.Select(static one => one.Process)]),
                _ => ("a gateway", [cluster.Gateways[gateway].Process]),
            };
            var (what, victims) = chosen;
            Kills[what] = Kills.GetValueOrDefault(what) + 1;
            await Task.WhenAll(victims.Select(static victim => victim.KillAsync()));
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(0, 500)), TimeProvider.System);
            foreach (var victim in victims) victim.Start();
            for (var i = 0; i < cluster.Gateways.Count; i++) await cluster.UntilServingAsync(i);
            Console.WriteLine($"round {round}: {what}; {tally.Accepted.Count} requests, {tally.Answered} answers, {tally.Batches.Count} batches so far, {tally.Retries} retries");
        }
    }

    /// <summary>A kill in between nothing would prove nothing.</summary>
    private async Task UntilBusyAsync()
    {
        var goal = tally.Accepted.Count + 5;
        while (tally.Accepted.Count < goal) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
    }
}
