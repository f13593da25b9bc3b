using Resultity.Gateway.Http.Streaming;

namespace Resultity.Gateway.Http.Inference;

/// <summary>The client at the other end of a stream, who leaves once.</summary>
internal sealed class StreamClient(LiveStream live, SseResponse sse)
{
    private int _left;

    /// <summary>The client has gone, or has all there is.</summary>
    public void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) != 0)
        {
            return;
        }

        sse.Close();
        live.Leave();
        if (!sse.HasStarted)
        {
            // It has no identifier to resume with.
            live.StopNow();
        }
    }
}
