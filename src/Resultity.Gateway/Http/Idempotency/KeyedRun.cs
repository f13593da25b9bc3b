using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Resultity.Gateway.Http.Idempotency;

/// <summary>A request under a key while it is answered: its recording, and the clients who wait for it.</summary>
/// <remarks>When all clients have left, the work is stopped after a grace, in which a retry may still come.</remarks>
internal sealed class KeyedRun : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _grace;
    private readonly TimeSpan _graceTime;
    private int _clients;
    private bool _isOver;

    public KeyedRun(string fingerprint, int limit, TimeSpan grace, TimeProvider time)
    {
        (Fingerprint, Recording, _graceTime) = (fingerprint, new AnswerRecording(limit), grace);
        Stop = _stop.Token;
        _grace = time.CreateTimer(static run => ((KeyedRun)run!).StopIfAlone(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The digest of route and body.</summary>
    public string Fingerprint { get; }

    /// <summary>The answer.</summary>
    public AnswerRecording Recording { get; }

    /// <summary>Cancelled when nobody wants the answer any more.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Whether the answer is the recorded one, so that whoever gets it again gets the same.</summary>
    public bool IsKept { get; set; }

    /// <summary>A client waits for the answer.</summary>
    public void Join()
    {
        lock (_gate)
        {
            _clients++;
            _grace.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A client has gone.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_clients == 0 && !_isOver)
            {
                _grace.Change(_graceTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Sends the answer to a client: a stream as it comes, anything else once it is settled.</summary>
    /// <param name="context">The client.</param>
    /// <param name="output">Its response's body.</param>
    /// <param name="isReplay">Whether the client is not the one whose request is computed.</param>
    /// <param name="gone">The client has gone.</param>
    /// <returns><see langword="false"/> if there is no answer; nothing was sent then.</returns>
    public async Task<bool> SendAsync(HttpContext context, PipeWriter output, bool isReplay, CancellationToken gone)
    {
        var sent = 0;
        var begun = false;
        while (true)
        {
            var part = Recording.Read(sent);
            if (part.IsBroken)
            {
                if (begun)
                {
                    // A truncated answer must not look whole.
                    context.Abort();
                }

                return begun;
            }

            if (part.Head is not null && (part.IsEnd || AnswerHead.IsEventStream(part.Head)))
            {
                if (!begun && isReplay)
                {
                    AnswerHead.Write(context.Response, part.Head, isReplay: IsKept || !part.IsEnd);
                }

                begun = true;
                if (!part.Bytes.IsEmpty)
                {
                    sent += part.Bytes.Length;
                    await output.WriteAsync(part.Bytes, gone);
                    continue;
                }
            }

            if (part.IsEnd)
            {
                return begun;
            }

            await Recording.WaitAsync(part.Head is not null, sent + part.Bytes.Length).WaitAsync(gone);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        _grace.Dispose();
    }

    private void StopIfAlone()
    {
        lock (_gate)
        {
            if (_clients > 0 || _isOver)
            {
                return;
            }
        }

        _stop.Cancel();
    }
}
