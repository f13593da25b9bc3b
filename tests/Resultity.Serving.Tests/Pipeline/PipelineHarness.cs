using System.Text;
using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Catalog;
using Resultity.Serving.Metering;
using Resultity.Serving.Multimodel;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Telemetry;
using static Resultity.Serving.Tests.Scheduling.Fixtures;

namespace Resultity.Serving.Tests.Pipeline;

/// <summary>The real pipeline over a scripted fleet.</summary>
internal sealed class PipelineHarness : IUsageRecorder
{
    public PipelineHarness(SchedulingOptions? scheduling = null)
    {
        Dispatcher = new Dispatcher(scheduling ?? new SchedulingOptions { NodeReturnGrace = TimeSpan.FromMilliseconds(300) }, TimeProvider.System);
        Catalog = new ModelCatalog(Dispatcher, Aliases, Named, TimeProvider.System);
        Pipeline = new InferencePipeline(Catalog, Admission, Dispatcher, Fleet, this, new ServingTelemetry(Dispatcher), new PipelineOptions(), TimeProvider.System);
    }

    public ScriptedFleet Fleet { get; } = new();

    public CatalogOptions Aliases { get; } = new();

    public NamedMultimodels Named { get; } = new();

    public AdmissionControl Admission { get; } = new(TimeProvider.System);

    public Dispatcher Dispatcher { get; }

    public ModelCatalog Catalog { get; }

    public InferencePipeline Pipeline { get; }

    public List<UsageEntry> Usage { get; } = [];

    public int Running => Dispatcher.Read(s => s.Pools.Values.SelectMany(p => p.Instances).Sum(i => i.Running));

    public void Record(in UsageEntry entry)
    {
        lock (Usage)
        {
            Usage.Add(entry);
        }
    }

    public void Node(string id, Func<WorkOrder, CancellationToken, ValueTask<Outcome<NodeExchange>>> script, int slots = 4, bool continues = true)
    {
        Fleet.Nodes[id] = script;
        Dispatcher.NodeIsUp(id, null, [Offer(slots: slots, continues: continues)]);
    }

    public void Node(string id, Func<Outcome<NodeExchange>> script, int slots = 4) => Node(id, (_, _) => new(script()), slots);

    public static InferenceRequest Chat(bool stream = false, string model = "m", string? body = null, bool includeUsage = false, string? traceParent = null)
    {
        body ??= stream
            ? $$"""{"model":"{{model}}","stream":true,"messages":[{"role":"user","content":"hi"}]}"""
            : $$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}]}""";
        return new InferenceRequest
        {
            Id = "req_1",
            Endpoint = InferenceEndpoint.ChatCompletions,
            Caller = new Caller { KeyId = "k", Namespace = "n" },
            Model = model,
            ModelRange = new ByteRange(9, model.Length + 2),
            Body = Encoding.UTF8.GetBytes(body),
            Stream = stream,
            IncludeUsage = includeUsage,
            IsPlainText = true,
            TraceParent = traceParent,
        };
    }

    public static async Task<List<string>> ReadAllAsync(InferenceAnswer stream)
    {
        var events = new List<string>();
        while (await stream.WaitAsync(CancellationToken.None))
        {
            while (stream.TryRead(out var next))
            {
                events.Add(next.IsSeam ? "seam" : Encoding.UTF8.GetString(next.Data.Span));
            }
        }

        return events;
    }
}
