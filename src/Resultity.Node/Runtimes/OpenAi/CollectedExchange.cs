using System.Buffers;

namespace Resultity.Node.Runtimes.OpenAi;

/// <summary>A request that a runtime asks on behalf of another one, whose answer it collects to make its own of it.</summary>
internal sealed class CollectedExchange(RuntimeExchange origin, string path, ReadOnlyMemory<byte> body) : RuntimeExchange
{
    private const int Longest = 4 << 20;
    private readonly ArrayBufferWriter<byte> _written = new();

    /// <summary>The answer's status; 0 before it begins.</summary>
    public int Status { get; private set; }

    /// <summary>The answer's content type.</summary>
    public string AnswerType { get; private set; } = "application/json";

    /// <summary>The answer so far.</summary>
    public ReadOnlyMemory<byte> Written => _written.WrittenMemory;

    public override string RequestId => origin.RequestId;

    public override string Path => path;

    public override string Model => origin.Model;

    public override string ContentType => "application/json";

    public override ReadOnlyMemory<byte> Body => body;

    public override string? TraceParent => origin.TraceParent;

    public override bool Started => Status != 0;

    public override ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> answer, CancellationToken cancellation)
    {
        (Status, AnswerType) = (status, contentType);
        return WriteAsync(answer, cancellation);
    }

    public override ValueTask StartAsync(int status, string contentType, CancellationToken cancellation)
    {
        (Status, AnswerType) = (status, contentType);
        return default;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        if (_written.WrittenCount + piece.Length > Longest) throw new IOException("The server's answer is longer than a description can be.");
        _written.Write(piece.Span);
        return default;
    }

    public override ValueTask CompleteAsync(CancellationToken cancellation) => default;
}
