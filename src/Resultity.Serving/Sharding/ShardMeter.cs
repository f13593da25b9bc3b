using System.Diagnostics.Metrics;
using Resultity.Serving.Telemetry;

namespace Resultity.Serving.Sharding;

/// <summary>The instruments of sharded models.</summary>
internal sealed class ShardMeter : IDisposable
{
    private readonly Meter _meter = new(ServingTelemetry.Name);

    public ShardMeter(ShardBoard board)
    {
        _meter.CreateObservableGauge("resultity.shards.ready", () => Each(board, static group => group.State == ShardState.Ready ? 1 : 0), "{model}", "Sharded models that serve (1) or do not (0).");
        _meter.CreateObservableGauge("resultity.shards.nodes", () => Each(board, static group => group.Plan?.Parts.Count() ?? 0), "{node}", "Nodes over which a model is spread.");
        _meter.CreateObservableCounter("resultity.shards.plans", () => Each(board, static group => group.Generation), "{plan}", "Plans that were made for a model.");
        _meter.CreateObservableCounter("resultity.shards.losses", () => Each(board, static group => group.Losses), "{loss}", "Plans that were lost while they served.");
        _meter.CreateObservableGauge("resultity.shards.load.duration", () => Measured(board, static group => group.LoadSeconds), "s", "How long the plan in force took to load.");
        _meter.CreateObservableGauge("resultity.shards.forecast", () => Measured(board, static group => group.Plan?.Forecast.TokensPerSecond), "{token}/s", "Tokens of one answer per second, as forecast.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<int>> Each(ShardBoard board, Func<ShardGroupSnapshot, int> measure) =>
        board.Groups.Select(group => new Measurement<int>(measure(group.Now), ModelOf(group)));

    private static IEnumerable<Measurement<double>> Measured(ShardBoard board, Func<ShardGroupSnapshot, double?> measure) =>
        board.Groups.Select(group => (Group: group, Value: measure(group.Now))).Where(static pair => pair.Value is not null).Select(static pair => new Measurement<double>(pair.Value!.Value, ModelOf(pair.Group)));

    private static KeyValuePair<string, object?> ModelOf(ShardGroup group) => new("gen_ai.request.model", group.Now.Wish.Model);
}
