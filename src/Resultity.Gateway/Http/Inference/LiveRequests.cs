using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Inference;

/// <summary>The requests that are answered on their own connections now, so that their clients can look at them and cancel them by <c>x-request-id</c>.</summary>
internal sealed class LiveRequests(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, LiveRequest> _all = new(StringComparer.Ordinal);

    /// <summary>A request begins that is answered whole; it is to be stopped by <see cref="LiveRequest.Stop"/>. Dispose of it at the end.</summary>
    /// <param name="endpoint">The path that the client called.</param>
    /// <param name="request">The request.</param>
    /// <param name="aborted">Fires when the client goes.</param>
    public LiveRequest Open(string endpoint, InferenceRequest request, CancellationToken aborted)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        return Add(new LiveRequest(this, endpoint, request, time.GetUtcNow(), stop, stop.Cancel));
    }

    /// <summary>A request begins whose answer is streamed. Dispose of it at the end.</summary>
    /// <param name="endpoint">The path that the client called.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancel">Stops it.</param>
    public LiveRequest Open(string endpoint, InferenceRequest request, Action cancel) =>
        Add(new LiveRequest(this, endpoint, request, time.GetUtcNow(), null, cancel));

    /// <summary>Finds a request of a namespace.</summary>
    public bool TryFind(string @namespace, string id, [NotNullWhen(true)] out LiveRequest? found) =>
        _all.TryGetValue(id, out found) && found.Request.Caller.Namespace == @namespace;

    internal void Remove(LiveRequest ended) => _all.TryRemove(KeyValuePair.Create(ended.Request.Id, ended));

    private LiveRequest Add(LiveRequest request)
    {
        _all[request.Request.Id] = request;
        return request;
    }
}

/// <summary>A request that is answered on its own connection now.</summary>
internal sealed class LiveRequest(LiveRequests owner, string endpoint, InferenceRequest request, DateTimeOffset startedAt, CancellationTokenSource? stop, Action cancel) : IDisposable
{
    private readonly Lock _gate = new();
    private bool _ended;

    /// <summary>The path that the client called.</summary>
    public string Endpoint => endpoint;

    /// <summary>The request, with its progress.</summary>
    public InferenceRequest Request => request;

    /// <summary>When it came.</summary>
    public DateTimeOffset StartedAt => startedAt;

    /// <summary>Fires when the client goes or the request is cancelled.</summary>
    public CancellationToken Stop { get; } = stop?.Token ?? CancellationToken.None;

    /// <summary>Whether it was cancelled and is about to end.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Stops it, in whatever state it is.</summary>
    public void Cancel()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            IsCancelled = true;
        }

        try
        {
            cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended at this moment.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        owner.Remove(this);
        lock (_gate)
        {
            _ended = true;
        }

        stop?.Dispose();
    }
}
