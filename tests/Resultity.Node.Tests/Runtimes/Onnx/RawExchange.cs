using System.Text;
using Resultity.Node.Runtimes;

namespace Resultity.Node.Tests.Runtimes.Onnx;

/// <summary>An exchange with any bytes as its body.</summary>
internal sealed class RawExchange(string body) : RuntimeExchange
{
    public int Status { get; private set; }
    public string Answer { get; private set; } = "";
    public override string RequestId => "req_test";
    public override string Path => "/v1/chat/completions";
    public override string Model => OnnxRuntimeFixture.Chat;
    public override string ContentType => "application/json";
    public override ReadOnlyMemory<byte> Body { get; } = Encoding.UTF8.GetBytes(body);
    public override string? TraceParent => null;
    public override bool Started => Status != 0;

    public override ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        (Status, Answer) = (status, Encoding.UTF8.GetString(body.Span));
        return default;
    }

    public override ValueTask StartAsync(int status, string contentType, CancellationToken cancellation) => throw new InvalidOperationException("an error is answered whole");
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation) => throw new InvalidOperationException("an error is answered whole");
    public override ValueTask CompleteAsync(CancellationToken cancellation) => throw new InvalidOperationException("an error is answered whole");
}
