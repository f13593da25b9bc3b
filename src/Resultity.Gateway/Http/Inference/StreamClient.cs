using Resultity.Gateway.Http.Streaming;

namespace Resultity.Gateway.Http.Inference;

/// <summary>The client at the other end of a stream, who leaves once.</summary>
/// <param name="live">The stream.</param>
/// <param name="sse">The client's response.</param>
/// <param name="hadGrace">The client's leaving is told only after the time in which it might have come back.</param>
/// <param name="mayRetry">It may come back with the same request, for which it needs no identifier.</param>
internal sealed class StreamClient(LiveStream live, SseResponse sse, bool hadGrace, bool mayRetry)
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
        if (hadGrace || (!sse.HasStarted && !mayRetry))
        {
            // It has no identifier to resume with, or no time left to do so.
            live.StopNow();
        }
    }
}
