using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Resultity.Gateway.Http.Idempotency;

namespace Resultity.Gateway.Http.Retries;

/// <summary>A response's body that goes to the client if it is still there when the answer begins, and into a recording otherwise.</summary>
internal sealed class DivertedBody : IHttpResponseBodyFeature
{
    private readonly IHttpResponseBodyFeature _client;
    private readonly HttpResponse _response;
    private readonly AnswerRecording _recording;
    private readonly CancellationToken _gone;
    private IHttpResponseBodyFeature? _chosen;

    private DivertedBody(HttpContext context, AnswerRecording recording, CancellationToken gone) =>
        (_client, _response, _recording, _gone) = (context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), context.Response, recording, gone);

    /// <inheritdoc/>
    public Stream Stream => Chosen.Stream;

    /// <inheritdoc/>
    public PipeWriter Writer => Chosen.Writer;

    private IHttpResponseBodyFeature Chosen => _chosen ??= _gone.IsCancellationRequested ? new RecordingBody(_response, _recording) : _client;

    /// <summary>Takes the place of the response's body.</summary>
    /// <param name="context">The response.</param>
    /// <param name="recording">Takes the answer if the client has gone.</param>
    /// <param name="gone">The client has gone.</param>
    public static DivertedBody Set(HttpContext context, AnswerRecording recording, CancellationToken gone)
    {
        var body = new DivertedBody(context, recording, gone);
        context.Features.Set<IHttpResponseBodyFeature>(body);
        return body;
    }

    /// <summary>Gives the response its own body back.</summary>
    public void Remove(HttpContext context)
    {
        if (_chosen is RecordingBody recorded)
        {
            // What was written is to be read, whether or not its writer completed it.
            recorded.Complete();
        }

        context.Features.Set(_client);
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => Chosen.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task CompleteAsync() => Chosen.CompleteAsync();

    /// <inheritdoc/>
    public void DisableBuffering() => Chosen.DisableBuffering();

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        Chosen.SendFileAsync(path, offset, count, cancellationToken);
}
