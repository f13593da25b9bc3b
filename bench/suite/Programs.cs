namespace Resultity.Bench;

/// <summary>Where the programs are that a run starts.</summary>
/// <param name="Resultity">The product's executable.</param>
/// <param name="Upstream">FakeUpstream.</param>
/// <param name="Load">The generator.</param>
/// <param name="Nginx">nginx.</param>
internal sealed record Programs(string Resultity, string Upstream, string Load, string Nginx)
{
    /// <summary>Looks for them below the folder into which <c>bench/run</c> publishes.</summary>
    public static Programs In(string folder) => new(
        Path.Combine(folder, "resultity", "resultity"),
        Path.Combine(folder, "upstream", "Resultity.FakeUpstream"),
        Path.Combine(folder, "load", "Resultity.Load"),
        "nginx");
}
