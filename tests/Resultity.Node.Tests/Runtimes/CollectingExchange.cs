using System.Text;
using Resultity.Node.Runtimes;

namespace Resultity.Node.Tests.Runtimes;

/// <summary>An exchange that keeps the answer in memory.</summary>
internal sealed class CollectingExchange(string path, string body, string model = "stub-model") : RuntimeExchange
{
    private readonly List<byte> _answer = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override string RequestId => "req_test";

    public override string Path => path;

    public override string Model => model;

    public override string ContentType => "application/json";

    public override ReadOnlyMemory<byte> Body { get; } = Encoding.UTF8.GetBytes(body);

    public override string? TraceParent => null;

    public override bool Started => Status != 0;

    public int Status { get; private set; }

    public string? AnswerType { get; private set; }

    public bool Whole { get; private set; }

    public bool Completed { get; private set; }

    public Task FirstPiece => _first.Task;

    public string Answer => Encoding.UTF8.GetString([.. _answer]);

    public override ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> answer, CancellationToken cancellation)
    {
        (Status, AnswerType, Whole, Completed) = (status, contentType, true, true);
        _answer.AddRange(answer.Span);
        return default;
    }

    public override ValueTask StartAsync(int status, string contentType, CancellationToken cancellation)
    {
        (Status, AnswerType) = (status, contentType);
        return default;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        _answer.AddRange(piece.Span);
        _first.TrySetResult();
        return default;
    }

    public override ValueTask CompleteAsync(CancellationToken cancellation)
    {
        Completed = true;
        return default;
    }
}
