using Resultity.Node.Runtimes.Onnx.Answers;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>Sends pieces of a sound file as they are, or as events with base64.</summary>
internal sealed class SpeechSender(RuntimeExchange exchange, SpeechRequest request) : IDisposable
{
    private readonly AnswerBuffer _buffer = new();

    public async ValueTask SendAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        if (piece.IsEmpty) return;
        if (!exchange.Started) await exchange.StartAsync(200, request.Events ? "text/event-stream" : request.Format.ContentType, cancellation);
        if (!request.Events)
        {
            await exchange.WriteAsync(piece, cancellation);
            return;
        }
        _buffer.BeginEvent();
        var json = _buffer.Json;
        json.WriteStartObject();
        json.WriteString("type"u8, "speech.audio.delta"u8);
        json.WriteBase64String("audio"u8, piece.Span);
        json.WriteEndObject();
        await SendEventAsync(cancellation);
    }

    public async ValueTask EndAsync(double seconds, CancellationToken cancellation)
    {
        if (request.Events)
        {
            _buffer.BeginEvent();
            var json = _buffer.Json;
            json.WriteStartObject();
            json.WriteString("type"u8, "speech.audio.done"u8);
            json.WriteStartObject("usage"u8);
            // What OpenAI's SDKs look for; voices that are no language models have no tokens.
            foreach (var name in (string[])["input_tokens", "output_tokens", "total_tokens"]) json.WriteNumber(name, 0);
            json.WriteNumber("seconds"u8, Math.Round(seconds, 3));
            json.WriteEndObject();
            json.WriteEndObject();
            await SendEventAsync(cancellation);
            _buffer.Done();
            await exchange.WriteAsync(_buffer.Written, cancellation);
        }
        await exchange.CompleteAsync(cancellation);
    }

    public void Dispose() => _buffer.Dispose();

    private async ValueTask SendEventAsync(CancellationToken cancellation)
    {
        _buffer.EndEvent();
        await exchange.WriteAsync(_buffer.Written, cancellation);
        _buffer.Clear();
    }
}
