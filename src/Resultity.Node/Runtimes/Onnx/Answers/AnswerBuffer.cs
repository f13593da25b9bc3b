using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>Collects the bytes of an answer: one JSON document, or events.</summary>
internal sealed class AnswerBuffer : IDisposable
{
    // The answer is JSON for programs, not part of a page: only what JSON needs is escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private readonly ArrayBufferWriter<byte> _bytes = new(1024);

    public AnswerBuffer() => Json = new Utf8JsonWriter(_bytes, Options);

    public Utf8JsonWriter Json { get; }

    public bool IsEmpty => _bytes.WrittenCount == 0;

    /// <summary>What was written; valid until <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Written
    {
        get
        {
            Json.Flush();
            return _bytes.WrittenMemory;
        }
    }

    public void BeginEvent() => _bytes.Write("data: "u8);

    public void EndEvent()
    {
        Json.Flush();
        _bytes.Write("\n\n"u8);
        Json.Reset();
    }

    public void Done() => _bytes.Write("data: [DONE]\n\n"u8);

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        Json.Reset();
    }

    public void Dispose() => Json.Dispose();
}
