using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Batches;

/// <summary>Records the results of one batch's lines in groups, in the order in which they come. One group is written at a time; the next gathers meanwhile.</summary>
internal sealed partial class BatchRecorder(BatchRun run, IBatchStore store, JobChanges changes, TimeProvider time, ILogger logger)
{
    /// <summary>A write holds up every other write, so a group is no larger than this.</summary>
    private const int MaxLines = 256;

    private const int MaxBytes = 1 << 20;
    private const int BehindLines = 2048;
    private const long BehindBytes = 16 << 20;

    /// <summary>How long a group gathers: short for a client that watches, long enough that a quick model's lines share a write.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(40);

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<LineResult> _waiting = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _bytes;
    private bool _isEnding;

    /// <summary>Whether so much waits to be recorded that no more lines should begin.</summary>
    public bool IsBehind
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count >= BehindLines || _bytes >= BehindBytes;
            }
        }
    }

    /// <summary>Takes a result.</summary>
    public void Add(LineResult result)
    {
        lock (_gate)
        {
            _waiting.Enqueue(result);
            _bytes += result.Json.Length;
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Says that nothing more comes: what waits is recorded, and then <see cref="RunAsync"/> ends.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isEnding = true;
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Records until the end. Ends early, and stops the run, when the claim is lost.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            var group = Take(out var isEnd);
            if (group.Count == 0)
            {
                if (isEnd)
                {
                    return;
                }

                await _wake.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false);
                _wake.Reader.TryRead(out _);
                await GatherAsync().ConfigureAwait(false);
                continue;
            }

            if (!await WriteAsync(group).ConfigureAwait(false))
            {
                run.Stop(JobStop.Lost);
                return;
            }

            changes.Raise(run.Batch.Id);
            run.Wake();
        }
    }

    private async ValueTask GatherAsync()
    {
        lock (_gate)
        {
            if (_isEnding || _waiting.Count >= MaxLines || _bytes >= MaxBytes)
            {
                return;
            }
        }

        await Task.Delay(Gather, time, CancellationToken.None).ConfigureAwait(false);
    }

    private List<LineResult> Take(out bool isEnd)
    {
        lock (_gate)
        {
            var group = new List<LineResult>(Math.Min(_waiting.Count, MaxLines));
            var bytes = 0L;
            while (group.Count < MaxLines && _waiting.TryPeek(out var next) && (bytes == 0 || bytes + next.Json.Length <= MaxBytes))
            {
                group.Add(_waiting.Dequeue());
                bytes += next.Json.Length;
            }

            _bytes -= bytes;
            isEnd = _isEnding && _waiting.Count == 0;
            return group;
        }
    }

    private async ValueTask<bool> WriteAsync(List<LineResult> group)
    {
        while (true)
        {
            try
            {
                return await store.AppendAsync(run.Batch.Id, run.Batch.Attempt, group, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
            }
            catch (StorageException exception) when (run.StopReason is JobStop.None or JobStop.Cancelled)
            {
                // The work is done; what is missing is a place to write it to.
                LogNotRecorded(exception, run.Batch.Id, group.Count);
                await Task.Delay(Retry, time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(2201, LogLevel.Error, "{Count} results of batch {Id} could not be recorded; it is tried again")]
    private partial void LogNotRecorded(Exception exception, string id, int count);
}
