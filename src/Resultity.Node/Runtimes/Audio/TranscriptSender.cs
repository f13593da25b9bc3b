using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Onnx.Speech;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>Sends a transcript as the events of OpenAI's API: a delta for each segment, with its times if they are wanted, and the whole text at the end.</summary>
internal sealed class TranscriptSender(RuntimeExchange exchange, bool verbose) : IDisposable
{
    private readonly AnswerBuffer _buffer = new();
    private int _count;

    public async ValueTask SendAsync(TranscriptSegment segment, CancellationToken cancellation)
    {
        var json = _buffer.Json;
        _buffer.BeginEvent();
        json.WriteStartObject();
        json.WriteString("type"u8, "transcript.text.delta"u8);
        // The deltas joined are the text of the end.
        json.WriteString("delta"u8, _count == 0 ? segment.Text.TrimStart() : segment.Text);
        json.WriteEndObject();
        _buffer.EndEvent();
        if (verbose)
        {
            _buffer.BeginEvent();
            json.WriteStartObject();
            json.WriteString("type"u8, "transcript.text.segment"u8);
            TranscriptAnswer.WriteSegment(json, segment, _count);
            json.WriteEndObject();
            _buffer.EndEvent();
        }
        _count++;
        await FlushAsync(cancellation);
    }

    public async ValueTask EndAsync(Transcript transcript, CancellationToken cancellation)
    {
        var json = _buffer.Json;
        _buffer.BeginEvent();
        json.WriteStartObject();
        json.WriteString("type"u8, "transcript.text.done"u8);
        json.WriteString("text"u8, transcript.Text);
        TranscriptAnswer.WriteUsage(json, transcript.Seconds);
        json.WriteEndObject();
        _buffer.EndEvent();
        _buffer.Done();
        await FlushAsync(cancellation);
        await exchange.CompleteAsync(cancellation);
    }

    public void Dispose() => _buffer.Dispose();

    private async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (!exchange.Started) await exchange.StartAsync(200, "text/event-stream", cancellation);
        await exchange.WriteAsync(_buffer.Written, cancellation);
        _buffer.Clear();
    }
}
