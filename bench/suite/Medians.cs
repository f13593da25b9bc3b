namespace Resultity.Bench;

/// <summary>Figures by name, such as <c>per_second</c>, <c>latency_ms.p99</c> or <c>cpu_us.gateway</c>.</summary>
internal sealed class Medians
{
    private readonly Dictionary<string, double> _figures;

    private Medians(Dictionary<string, double> figures) => _figures = figures;

    public double? this[string name] => _figures.TryGetValue(name, out var value) ? value : null;

    public IEnumerable<string> Named(string prefix) => _figures.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    /// <summary>The median of each figure over several rounds.</summary>
    public static Medians Of(IEnumerable<IReadOnlyDictionary<string, double>> rounds) =>
        new(rounds.SelectMany(round => round).GroupBy(figure => figure.Key).ToDictionary(group => group.Key, group => Middle(group.Select(figure => figure.Value))));

    /// <summary>The median of the ratios that two targets had in the same rounds.</summary>
    public static double? Ratio(IReadOnlyList<IReadOnlyDictionary<string, double>> of, IReadOnlyList<IReadOnlyDictionary<string, double>> to, string figure)
    {
        var ratios = of.Zip(to).Where(pair => pair.First.ContainsKey(figure) && pair.Second.GetValueOrDefault(figure) > 0)
            .Select(pair => pair.First[figure] / pair.Second[figure]).ToList();
        return ratios.Count == 0 ? null : Middle(ratios);
    }

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
