using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Serving.Scheduling;

namespace Resultity.Micro;

/// <summary>One placement decision over 1,000 nodes that serve 10 models each: 10,000 instances.</summary>
[MemoryDiagnoser]
public class SchedulingBenchmarks
{
    private const int Nodes = 1000;
    private const int Models = 10;
    private const ulong KnownPrefix = 77;

    private readonly PlacementQuery _chat = new("model-5", InferenceEndpoint.ChatCompletions, "someone");
    private readonly PlacementQuery _known = new("model-5", InferenceEndpoint.ChatCompletions, "someone", PrefixHash: KnownPrefix);
    private readonly PlacementQuery _rare = new("model-5", InferenceEndpoint.Embeddings, "someone");
    private readonly PlacementQuery _retried = new("model-5", InferenceEndpoint.ChatCompletions, "someone", Excluded: ["node-1", "node-2"]);
    private Scheduler _free = null!, _full = null!;
    private ModelPool _freePool = null!, _fullPool = null!;
    private long _now;

    [GlobalSetup]
    public void Build()
    {
        _now = Stopwatch.GetTimestamp();
        _free = Fleet(slots: 16);
        _freePool = _free.FindPool("model-5")!;
        // Half of all slots are in use, unevenly, as in a running network.
        for (var i = 0; i < Nodes * 8; i++) _free.TryPlace(_freePool, _chat, _now);
        var known = _free.TryPlace(_freePool, _known, _now)!;
        _free.Release(known, nodeFailed: false, _now);
        _full = Fleet(slots: 1);
        _fullPool = _full.FindPool("model-5")!;
        while (_full.TryPlace(_fullPool, _chat, _now) is not null)
        {
        }
    }

    [Benchmark(Baseline = true)]
    public void Place_and_release() => PlaceAndRelease(_chat);

    [Benchmark]
    public void Place_where_the_prefix_is() => PlaceAndRelease(_known);

    [Benchmark]
    public void Place_away_from_failed_nodes() => PlaceAndRelease(_retried);

    /// <summary>One instance of a thousand serves the endpoint, so that a sample rarely has it.</summary>
    [Benchmark]
    public void Place_on_the_only_instance_that_fits() => PlaceAndRelease(_rare);

    [Benchmark]
    public bool Find_no_free_slot() => _full.TryPlace(_fullPool, _chat, _now) is null;

    private static Scheduler Fleet(int slots)
    {
        var scheduler = new Scheduler(new SchedulingOptions(), Stopwatch.Frequency);
        for (var node = 0; node < Nodes; node++)
        {
            var offers = Enumerable.Range(0, Models).Select(model => new ModelOffer
            {
                Model = "model-" + model.ToString(CultureInfo.InvariantCulture),
                Endpoints = node == Nodes / 2 ? ["/v1/chat/completions", "/v1/embeddings"] : ["/v1/chat/completions"],
                Slots = slots,
            }).ToList();
            scheduler.NodeIsUp("node-" + node.ToString(CultureInfo.InvariantCulture), null, offers, 0);
        }

        return scheduler;
    }

    private void PlaceAndRelease(in PlacementQuery query) => _free.Release(_free.TryPlace(_freePool, query, _now)!, nodeFailed: false, _now);
}
