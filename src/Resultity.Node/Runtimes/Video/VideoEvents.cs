using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Images;

namespace Resultity.Node.Runtimes.Video;

/// <summary>The events that a video is answered with: progress, the files in pieces, and the end.</summary>
internal sealed class VideoEvents(RuntimeExchange exchange) : IDisposable
{
    private const int Piece = 192 * 1024;
    private readonly AnswerBuffer _buffer = new();
    private int _told = -1;

    /// <summary>Begins the answer.</summary>
    public ValueTask BeginAsync(CancellationToken cancellation) => exchange.StartAsync(200, "text/event-stream", cancellation);

    /// <summary>Says how far it is, from 0 to 100.</summary>
    public ValueTask ProgressAsync(int percent, CancellationToken cancellation)
    {
        if (percent <= _told) return default;
        _told = percent;
        _buffer.BeginEvent();
        _buffer.Json.WriteStartObject();
        _buffer.Json.WriteString("type"u8, "video.progress"u8);
        _buffer.Json.WriteNumber("progress"u8, percent);
        _buffer.Json.WriteEndObject();
        return SendAsync(cancellation);
    }

    /// <summary>Sends a file, or the next part of one.</summary>
    /// <param name="variant">video or thumbnail.</param>
    /// <param name="type">Its content type.</param>
    /// <param name="file">Its bytes.</param>
    /// <param name="cancellation">Ends it.</param>
    public async ValueTask FileAsync(string variant, string type, Stream file, CancellationToken cancellation)
    {
        var piece = new byte[Piece];
        int count;
        while ((count = await file.ReadAtLeastAsync(piece, Piece, throwOnEndOfStream: false, cancellation)) > 0)
        {
            _buffer.BeginEvent();
            _buffer.Json.WriteStartObject();
            _buffer.Json.WriteString("type"u8, "video.content.delta"u8);
            _buffer.Json.WriteString("variant"u8, variant);
            _buffer.Json.WriteString("content_type"u8, type);
            _buffer.Json.WriteBase64String("delta"u8, piece.AsSpan(0, count));
            _buffer.Json.WriteEndObject();
            await SendAsync(cancellation);
        }
    }

    /// <summary>Ends the answer: the video is whole.</summary>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    /// <param name="images">Pictures that a model drew for it.</param>
    /// <param name="cancellation">Ends it.</param>
    public async ValueTask EndAsync(long promptTokens, int images, CancellationToken cancellation)
    {
        _buffer.BeginEvent();
        _buffer.Json.WriteStartObject();
        _buffer.Json.WriteString("type"u8, "video.completed"u8);
        ImageFacts.WriteUsage(_buffer.Json, promptTokens, images);
        _buffer.Json.WriteEndObject();
        _buffer.EndEvent();
        _buffer.Done();
        await exchange.WriteAsync(_buffer.Written, cancellation);
        await exchange.CompleteAsync(cancellation);
    }

    /// <summary>Ends the answer: there will be no video, and another try would end the same way.</summary>
    public async ValueTask FailAsync(string code, string message, CancellationToken cancellation)
    {
        _buffer.BeginEvent();
        _buffer.Json.WriteStartObject();
        _buffer.Json.WriteString("type"u8, "video.failed"u8);
        _buffer.Json.WriteString("code"u8, code);
        _buffer.Json.WriteString("message"u8, message);
        _buffer.Json.WriteEndObject();
        _buffer.EndEvent();
        _buffer.Done();
        await exchange.WriteAsync(_buffer.Written, cancellation);
        await exchange.CompleteAsync(cancellation);
    }

    public void Dispose() => _buffer.Dispose();

    private async ValueTask SendAsync(CancellationToken cancellation)
    {
        _buffer.EndEvent();
        await exchange.WriteAsync(_buffer.Written, cancellation);
        _buffer.Clear();
    }
}
