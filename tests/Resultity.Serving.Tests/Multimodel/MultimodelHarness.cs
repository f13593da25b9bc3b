using System.Text;
using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Tests.Pipeline;
using static Resultity.Serving.Tests.Scheduling.Fixtures;

namespace Resultity.Serving.Tests.Multimodel;

/// <summary>What one model's node does with a request.</summary>
internal enum Fate
{
    Answers,

    /// <summary>The node cannot be reached.</summary>
    IsLost,

    /// <summary>The runtime refuses the request.</summary>
    Refuses,

    /// <summary>The node is lost after some events, or in the middle of a whole answer.</summary>
    BreaksOff,

    /// <summary>The answer ends before the model has.</summary>
    IsTruncated,

    /// <summary>The runtime reports an error after some events.</summary>
    ReportsError,

    /// <summary>Some events, or nothing, and then nothing more.</summary>
    Stalls,
}

/// <summary>The pipeline over one node for each model, each with a fate.</summary>
internal sealed class MultimodelHarness
{
    public const int Chunks = 6;

    private readonly List<ScriptedExchange> _exchanges = [];

    public PipelineHarness Pipeline { get; } = new(new SchedulingOptions { NodeReturnGrace = TimeSpan.FromMilliseconds(20) });

    public bool AllExchangesAreClosed
    {
        get
        {
            lock (_exchanges)
            {
                return _exchanges.TrueForAll(static exchange => exchange.IsDisposed);
            }
        }
    }

    /// <summary>Adds the node of a model.</summary>
    public void Add(string model, Fate fate, Random random)
    {
        var (delay, events) = (random.Next(4), random.Next(1, Chunks - 1));
        Pipeline.Fleet.Nodes["node-" + model] = async (order, cancellation) =>
        {
            await Task.Delay(delay, cancellation);
            return Answer(Encoding.UTF8.GetString(order.Body.Span).Contains("\"stream\":true", StringComparison.Ordinal), fate, events);
        };
        Pipeline.Dispatcher.NodeIsUp("node-" + model, null, [Offer(model, slots: 2, continues: false)]);
    }

    public static InferenceRequest Request(string multimodel, bool stream)
    {
        var body = $$"""{"multimodel":{{multimodel}},{{(stream ? "\"stream\":true," : "")}}"messages":[{"role":"user","content":"hi"}]}""";
        if (!SpecReader.ReadMultimodel(Encoding.UTF8.GetBytes(multimodel), "").TryGet(out var spec, out var fault))
        {
            throw new ArgumentException(fault.Message, nameof(multimodel));
        }

        return new InferenceRequest
        {
            Id = "req_1",
            Endpoint = InferenceEndpoint.ChatCompletions,
            Caller = new Caller { KeyId = "k", Namespace = "n" },
            Model = spec.Label,
            Multimodel = spec,
            Body = Encoding.UTF8.GetBytes(body),
            Stream = stream,
        };
    }

    private Outcome<NodeExchange> Answer(bool stream, Fate fate, int events)
    {
        if (fate == Fate.IsLost)
        {
            return ScriptedExchange.Lost;
        }

        var exchange = fate == Fate.Refuses ? new ScriptedExchange(400, "application/json").Push("""{"error":{"message":"no"}}""").End()
            : stream ? Stream(fate, events) : Whole(fate);
        lock (_exchanges)
        {
            _exchanges.Add(exchange);
        }

        return exchange;
    }

    private static ScriptedExchange Stream(Fate fate, int events)
    {
        var exchange = ScriptedExchange.Events([.. Enumerable.Range(0, fate == Fate.Answers ? Chunks : events).Select(static i => ScriptedExchange.Chunk("t" + i))]);
        return fate switch
        {
            Fate.Answers => exchange.Push($"data: {ScriptedExchange.Chunk("", finish: "stop")}\n\ndata: {ScriptedExchange.Usage(3, Chunks)}\n\ndata: [DONE]\n\n").End(),
            Fate.BreaksOff => exchange.Lose(),
            Fate.IsTruncated => exchange.End(),
            Fate.ReportsError => exchange.Push("data: {\"error\":{\"message\":\"x\"}}\n\n").End(),
            _ => exchange,
        };
    }

    private static ScriptedExchange Whole(Fate fate)
    {
        var text = string.Concat(Enumerable.Range(0, Chunks).Select(static i => "t" + i));
        var body = $$$"""{"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{{text}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":{{{Chunks}}},"total_tokens":{{{3 + Chunks}}}}}""";
        var exchange = new ScriptedExchange(200, "application/json");
        return fate switch
        {
            Fate.Answers => exchange.Push(body).End(),
            Fate.BreaksOff => exchange.Push(body[..20]).Lose(),
            Fate.IsTruncated => exchange.Push(body[..20]).End(),
            Fate.ReportsError => exchange.Push("{\"error\":{\"message\":\"x\"}}").End(),
            _ => exchange,
        };
    }
}
