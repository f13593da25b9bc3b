namespace Resultity.Bench;

/// <summary>What one scenario showed, round by round.</summary>
internal sealed class ScenarioResult(Scenario scenario)
{
    private readonly Dictionary<string, List<IReadOnlyDictionary<string, double>>> _rounds = [];

    public Scenario Scenario { get; } = scenario;

    public IEnumerable<string> Targets => _rounds.Keys;

    /// <summary>The beginnings of answers that were wrong.</summary>
    public List<string> Wrong { get; } = [];

    public int Rounds => _rounds.Values.Max(rounds => rounds.Count);

    public void Add(string target, IReadOnlyDictionary<string, double> figures)
    {
        if (!_rounds.TryGetValue(target, out var rounds)) _rounds[target] = rounds = [];
        rounds.Add(figures);
    }

    public Medians? Of(string target) => _rounds.TryGetValue(target, out var rounds) ? Medians.Of(rounds) : null;

    /// <summary>A target's figure as a share of nginx's in the same rounds.</summary>
    public double? ShareOfNginx(string target, string figure) =>
        _rounds.TryGetValue("nginx", out var nginx) ? Medians.Ratio(_rounds[target], nginx, figure) : null;
}
