using System.Text;
using System.Threading.Channels;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Tests.Pipeline;

/// <summary>A fleet whose nodes do what a test writes: stands where the sockets begin.</summary>
internal sealed class ScriptedFleet : IFleet
{
    public Dictionary<string, Func<WorkOrder, CancellationToken, ValueTask<Outcome<NodeExchange>>>> Nodes { get; } = [];

    public List<(string Node, WorkOrder Order, string Body)> Sent { get; } = [];

    public ValueTask<Outcome<NodeExchange>> SendAsync(string nodeId, WorkOrder order, CancellationToken cancellation)
    {
        lock (Sent)
        {
            Sent.Add((nodeId, order, Encoding.UTF8.GetString(order.Body.Span)));
        }

        return Nodes[nodeId](order, cancellation);
    }
}

/// <summary>An answer whose pieces a test pushes.</summary>
internal sealed class ScriptedExchange(int status, string contentType) : NodeExchange
{
    private readonly Channel<NodeRead> _reads = Channel.CreateBounded<NodeRead>(1000);

    public override int Status => status;

    public override string? ContentType => contentType;

    public bool IsDisposed { get; private set; }

    public static Outcome<NodeExchange> Json(string body, int status = 200) => new ScriptedExchange(status, "application/json").Push(body).End();

    public static ScriptedExchange Events(params string[] data)
    {
        var exchange = new ScriptedExchange(200, "text/event-stream");
        foreach (var item in data)
        {
            exchange.Push($"data: {item}\n\n");
        }

        return exchange;
    }

    public static string Chunk(string text, string id = "c1", string? finish = null) =>
        $$$"""{"id":"{{{id}}}","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"{{{text}}}"},"finish_reason":{{{(finish is null ? "null" : $"\"{finish}\"")}}}}]}""";

    public static string Usage(int input, int output, string id = "c1") =>
        $$$"""{"id":"{{{id}}}","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":{{{input}}},"completion_tokens":{{{output}}},"total_tokens":{{{input + output}}}}}""";

    public ScriptedExchange Push(string bytes) => PushBytes(Encoding.UTF8.GetBytes(bytes));

    public ScriptedExchange PushBytes(byte[] bytes)
    {
        _reads.Writer.TryWrite(new NodeRead(bytes, false));
        return this;
    }

    public ScriptedExchange End()
    {
        _reads.Writer.TryWrite(new NodeRead(default, true));
        return this;
    }

    public ScriptedExchange Lose()
    {
        _reads.Writer.TryWrite(new NodeRead(default, false, Lost));
        return this;
    }

    public static Fault Lost { get; } = new(FaultKind.Unavailable, "node_lost", "The node was lost.") { OtherNodeMayAnswer = true };

    public override async ValueTask<NodeRead> ReadAsync(CancellationToken cancellation) => await _reads.Reader.ReadAsync(cancellation);

    public override ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }
}
