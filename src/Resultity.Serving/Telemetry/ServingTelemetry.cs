using System.Diagnostics;
using System.Diagnostics.Metrics;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Answers;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Telemetry;

/// <summary>The pipeline's instruments, named after OpenTelemetry's semantic conventions for generative AI where these have a name.</summary>
/// <remarks>Spans and metrics carry models, nodes and counts; never prompts or answers.</remarks>
public sealed class ServingTelemetry : IDisposable
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Resultity.Serving";

    private static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _perToken;
    private readonly Histogram<double> _queued;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _members;
    private readonly UpDownCounter<long> _active;

    internal ServingTelemetry(Dispatcher dispatcher)
    {
        var buckets = new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds };
        _duration = _meter.CreateHistogram("gen_ai.server.request.duration", "s", "From admission to the end of the answer.", null, buckets);
        _firstToken = _meter.CreateHistogram("gen_ai.server.time_to_first_token", "s", "From admission to the first event of a streamed answer.", null, buckets);
        _perToken = _meter.CreateHistogram("gen_ai.server.time_per_output_token", "s", "Between two tokens of a streamed answer, on average.", null, buckets);
        _queued = _meter.CreateHistogram("resultity.queue.duration", "s", "How long requests waited for a slot.", null, buckets);
        _tokens = _meter.CreateCounter<long>("resultity.tokens", "{token}", "Tokens that were charged.");
        _attempts = _meter.CreateCounter<long>("resultity.attempts", "{attempt}", "Tries of requests on nodes.");
        _members = _meter.CreateCounter<long>("resultity.multimodel.members", "{member}", "Members of calls of several models that run at once.");
        _active = _meter.CreateUpDownCounter<long>("resultity.requests.active", "{request}", "Requests between admission and end.");
        _meter.CreateObservableGauge("resultity.queue.length", () => ByModel(dispatcher, pool => pool.Waiting), "{request}", "Requests that wait for a slot.");
        _meter.CreateObservableGauge("resultity.slots.used", () => ByModel(dispatcher, pool => pool.Instances.Sum(i => i.Running)), "{slot}", "Slots that serve a request.");
        _meter.CreateObservableGauge("resultity.slots", () => ByModel(dispatcher, pool => pool.Instances.Sum(i => i.Offer.Slots)), "{slot}", "Slots that nodes offer.");
        _meter.CreateObservableGauge("resultity.nodes", () => dispatcher.Read(scheduler => scheduler.Nodes.Count), "{node}", "Nodes that can be reached.");
    }

    internal ActivitySource Source { get; } = new(Name);

    /// <inheritdoc/>
    public void Dispose()
    {
        _meter.Dispose();
        Source.Dispose();
    }

    internal Activity? StartRequest(InferenceRequest request, string model)
    {
        _active.Add(1);
        if (!Source.HasListeners())
        {
            return null;
        }

        var activity = Source.StartActivity($"{request.Endpoint.Operation} {model}", ActivityKind.Internal, request.TraceParent);
        activity?.SetTag("gen_ai.operation.name", request.Endpoint.Operation);
        activity?.SetTag("gen_ai.request.model", model);
        activity?.SetTag("resultity.request.id", request.Id);
        activity?.SetTag("resultity.priority", request.Priority.ToString());
        return activity;
    }

    internal Activity? StartAttempt(string node, Activity? parent)
    {
        if (parent is null)
        {
            return null;
        }

        var activity = Source.StartActivity("attempt", ActivityKind.Client, parent.Context);
        activity?.SetTag("resultity.node.id", node);
        return activity;
    }

    internal void EndAttempt(Activity? activity, Fault? fault)
    {
        _attempts.Add(1, new KeyValuePair<string, object?>("outcome", fault?.Code ?? "completed"));
        End(activity, fault);
    }

    internal void EndMember(string mode, Member member) => _members.Add(
        1, new("mode", mode), new("outcome", member.Status is MemberStatus.Failed ? member.Fault!.Code : MultimodelJson.Name(member.Status)));

    internal void Waited(TimeSpan time, string model) => _queued.Record(time.TotalSeconds, new KeyValuePair<string, object?>("gen_ai.request.model", model));

    internal void EndRequest(Activity? activity, InferenceRequest request, string model, TimeSpan total, TimeSpan? firstToken, Usage usage, Fault? fault)
    {
        _active.Add(-1);
        var tags = new TagList { { "gen_ai.operation.name", request.Endpoint.Operation }, { "gen_ai.request.model", model } };
        if (usage != default)
        {
            _tokens.Add(usage.InputTokens, new("gen_ai.request.model", model), new("gen_ai.token.type", "input"));
            _tokens.Add(usage.OutputTokens, new("gen_ai.request.model", model), new("gen_ai.token.type", "output"));
        }

        if (firstToken is { } first)
        {
            _firstToken.Record(first.TotalSeconds, tags);
            if (usage.OutputTokens > 1 && fault is null)
            {
                _perToken.Record((total - first).TotalSeconds / (usage.OutputTokens - 1), tags);
            }
        }

        if (fault is not null)
        {
            tags.Add("error.type", fault.Code);
        }

        _duration.Record(total.TotalSeconds, tags);
        activity?.SetTag("gen_ai.usage.input_tokens", usage.InputTokens);
        activity?.SetTag("gen_ai.usage.output_tokens", usage.OutputTokens);
        End(activity, fault);
    }

    private static void End(Activity? activity, Fault? fault)
    {
        if (activity is not null)
        {
            if (fault is not null)
            {
                activity.SetStatus(ActivityStatusCode.Error, fault.Code);
                activity.SetTag("error.type", fault.Code);
            }

            activity.Dispose();
        }
    }

    private static List<Measurement<int>> ByModel(Dispatcher dispatcher, Func<ModelPool, int> measure) =>
        dispatcher.Read(scheduler => scheduler.Pools.Values
            .Select(pool => new Measurement<int>(measure(pool), new KeyValuePair<string, object?>("gen_ai.request.model", pool.Model))).ToList());
}
