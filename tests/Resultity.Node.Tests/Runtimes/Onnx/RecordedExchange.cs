using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Node.Runtimes;

namespace Resultity.Node.Tests.Runtimes.Onnx;

/// <summary>An exchange in memory that keeps what the runtime answers.</summary>
internal sealed class RecordedExchange(string path, JsonNode body, string model) : RuntimeExchange
{
    private readonly ArrayBufferWriter<byte> _written = new();
    private readonly TaskCompletionSource _firstWrite = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Status { get; private set; }

    public string AnswerType { get; private set; } = "";

    public bool Completed { get; private set; }

    public int Writes { get; private set; }

    public Task FirstWrite => _firstWrite.Task;

    public string Text => Encoding.UTF8.GetString(_written.WrittenSpan.ToArray());

    public JsonElement Json => JsonDocument.Parse(_written.WrittenSpan.ToArray()).RootElement;

    /// <summary>The events' data, parsed, without the closing [DONE].</summary>
    public List<JsonElement> Events => [.. Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(data => data["data: ".Length..]).Where(data => data != "[DONE]").Select(data => JsonDocument.Parse(data).RootElement)];

    public override string RequestId => "req_test";
    public override string Path => path;
    public override string Model => model;
    public override string ContentType => "application/json";
    public override ReadOnlyMemory<byte> Body { get; } = Encoding.UTF8.GetBytes(body.ToJsonString());
    public override string? TraceParent => null;
    public override bool Started => Status != 0;

    public override ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        (Status, AnswerType, Completed) = (status, contentType, true);
        _written.Write(body.Span);
        return default;
    }

    public override ValueTask StartAsync(int status, string contentType, CancellationToken cancellation)
    {
        (Status, AnswerType) = (status, contentType);
        return default;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _written.Write(piece.Span);
        Writes++;
        _firstWrite.TrySetResult();
        return default;
    }

    public override ValueTask CompleteAsync(CancellationToken cancellation)
    {
        Completed = true;
        return default;
    }
}
