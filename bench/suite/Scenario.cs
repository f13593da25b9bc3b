namespace Resultity.Bench;

/// <summary>One kind of load.</summary>
/// <param name="Name">The name by which it is chosen.</param>
/// <param name="Meaning">What it is, in one line.</param>
/// <param name="Shape">The upstream's settings; see FakeUpstream.</param>
/// <param name="Load">The generator's options.</param>
internal sealed record Scenario(string Name, string Meaning, string Shape, string[] Load)
{
    /// <summary>The connections of the quick mode, which only shows that it all works.</summary>
    public int QuickConnections { get; init; } = 8;

    /// <summary>Needs processes that did nothing before, since memory is measured.</summary>
    public bool Fresh { get; init; }

    /// <summary>How many requests the node may serve at once.</summary>
    public int Slots { get; init; } = 10_000;

    /// <summary>Which targets it makes sense for.</summary>
    public string[] Targets { get; init; } = ["stub", "nginx", "resultity"];

    /// <summary>Seconds of load; 0 is the run's own.</summary>
    public double Seconds { get; init; }

    /// <summary>Seconds of load that are not measured.</summary>
    public double Warmup { get; init; } = 1;

    /// <summary>How many times; 0 is the run's own.</summary>
    public int Rounds { get; init; }

    /// <summary>What it must show.</summary>
    public Goal[] Goals { get; init; } = [];
}

/// <summary>Something that a scenario must show of Resultity.</summary>
/// <param name="Text">The goal in words.</param>
/// <param name="Value">The figure, from the medians of a target and of nginx; null where it was not measured.</param>
/// <param name="Limit">The figure's limit.</param>
/// <param name="AtLeast">Whether the limit is the least, not the most.</param>
internal sealed record Goal(string Text, Func<Medians, Medians?, double?> Value, double Limit, bool AtLeast)
{
    public static Goal Least(string text, double limit, Func<Medians, Medians?, double?> value) => new(text, value, limit, true);

    public static Goal Most(string text, double limit, Func<Medians, Medians?, double?> value) => new(text, value, limit, false);
}
