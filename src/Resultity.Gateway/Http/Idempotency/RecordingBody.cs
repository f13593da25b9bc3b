using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Resultity.Gateway.Http.Idempotency;

/// <summary>Takes the place of a response's body, so that what is written goes into a recording and from there to whoever reads it.</summary>
internal sealed class RecordingBody(HttpResponse response, AnswerRecording recording) : PipeWriter, IHttpResponseBodyFeature
{
    private Stream? _stream;

    /// <inheritdoc/>
    public Stream Stream => _stream ??= AsStream(leaveOpen: true);

    /// <inheritdoc/>
    public PipeWriter Writer => this;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => recording.Unpublished;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => recording.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => recording.GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes) => recording.Advance(bytes);

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Begin();
        recording.Publish();
        return new(new FlushResult(isCanceled: false, isCompleted: false));
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        Begin();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task CompleteAsync()
    {
        // The recording's end is told only once it is settled whether the answer is kept.
        Begin();
        recording.Publish();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
        // No flush ever waits.
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        if (exception is null)
        {
            CompleteAsync();
        }
    }

    /// <inheritdoc/>
    public void DisableBuffering()
    {
        // What is flushed is readable at once.
    }

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    private void Begin() => recording.Begin(response.StatusCode, AnswerHead.Of(response));
}
