using System.Buffers;
using System.Text;
using System.Text.Json;
using Resultity.Node.Runtimes;

namespace Resultity.Node.Tests.Runtimes.Onnx.Images;

/// <summary>A form on its way to the runtime, and what that answers.</summary>
internal sealed class MediaExchange : RuntimeExchange
{
    private const string Boundary = "a-boundary-of-the-tests";
    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly ArrayBufferWriter<byte> _written = new();

    public MediaExchange(string path, string model, IEnumerable<(string Name, string? FileName, byte[] Content)> parts)
    {
        (Path, Model) = (path, model);
        foreach (var (name, fileName, content) in parts)
        {
            _body.Write(Encoding.UTF8.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{(fileName is null ? "" : $"; filename=\"{fileName}\"")}\r\n\r\n"));
            _body.Write(content);
            _body.Write("\r\n"u8);
        }

        _body.Write(Encoding.UTF8.GetBytes($"--{Boundary}--\r\n"));
    }

    public int Status { get; private set; }

    public string AnswerType { get; private set; } = "";

    public string Text => Encoding.UTF8.GetString(_written.WrittenSpan.ToArray());

    public JsonElement Json => JsonElement.Parse(Text);

    public override string RequestId => "req_test";
    public override string Path { get; }
    public override string Model { get; }
    public override string ContentType => $"multipart/form-data; boundary={Boundary}";
    public override ReadOnlyMemory<byte> Body => _body.WrittenMemory;
    public override string? TraceParent => null;
    public override bool Started => Status != 0;

    public override ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        (Status, AnswerType) = (status, contentType);
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
        return default;
    }

    public override ValueTask CompleteAsync(CancellationToken cancellation) => default;
}
