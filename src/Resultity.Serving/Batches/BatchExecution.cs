using Microsoft.Extensions.Logging;
using Resultity.Serving.Jobs;
using Resultity.Serving.Peers;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Batches;

/// <summary>One claimed batch from where it is to its end. The file to read for what happens to a batch.</summary>
/// <remarks>
/// <code>
///  1 scan       the input is read once: mistakes end the batch here; else the places of its lines are known
///  2 begin      in progress, with the number of lines
///  3 dispatch   lines without a result run; results are recorded in groups, with counts and usage, in one transaction each
///  4 give up    after a cancel, or at the end of the window: what is left gets a result that says so
///  5 finish     the files are written, and the batch ends
/// </code>
/// Each step can be repeated: after a crash the next claim begins at 1 and finds in the store which lines have a result.
/// </remarks>
internal sealed partial class BatchExecution(
    IBatchStore store, IBlobStore blobs, LineRunner lines, BatchPace pace, PeerModels peers, BatchFiles files, BatchOptions options, JobChanges changes, TimeProvider time,
    ILogger<BatchExecution> logger)
{
    /// <summary>Runs a batch until it has ended, or is stopped from outside.</summary>
    /// <exception cref="StorageException">The storage fails; the batch goes on with another claim.</exception>
    public async ValueTask RunAsync(BatchRun run)
    {
        var batch = run.Batch;
        if (batch.Status == BatchStatus.Cancelling)
        {
            run.Stop(JobStop.Cancelled);
        }

        // A batch that was stopped before its lines were counted has none to account for.
        var isUncounted = batch.InProgressAt is null;
        if (isUncounted && Verdict(run) is { } early)
        {
            await FinishAsync(run, early, []).ConfigureAwait(false);
            return;
        }

        // 1
        if (await blobs.OpenAsync(batch.InputBlob, CancellationToken.None).ConfigureAwait(false) is not { } input)
        {
            await FinishAsync(run, BatchStatus.Failed, [InputLost]).ConfigureAwait(false);
            return;
        }

        var source = new LineSource(input);
        await using var _ = source.ConfigureAwait(false);
        var scan = new BatchScan(batch.Endpoint, lines.Paths, options);
        try
        {
            await scan.ReadAsync(input, run.LineToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Looked at below.
        }

        if (run.StopReason == JobStop.None && scan.Errors.Count > 0)
        {
            await FinishAsync(run, BatchStatus.Failed, scan.Errors).ConfigureAwait(false);
            return;
        }

        // 2
        if (isUncounted && run.StopReason == JobStop.None)
        {
            if (!await store.BeginAsync(batch.Id, batch.Attempt, scan.Index.Count, scan.Index.Model, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false))
            {
                run.Stop(JobStop.Cancelled);
            }

            changes.Raise(batch.Id);
            LogBegun(batch.Id, scan.Index.Count);
        }

        if (isUncounted && run.StopReason == JobStop.Cancelled)
        {
            await FinishAsync(run, BatchStatus.Cancelled, []).ConfigureAwait(false);
            return;
        }

        var errors = await RunLinesAsync(run, scan.Index, source).ConfigureAwait(false);

        // 5
        if (run.StopReason is JobStop.None or JobStop.Cancelled)
        {
            await EndAsync(run, errors).ConfigureAwait(false);
        }
    }

    private async ValueTask<IReadOnlyList<BatchError>> RunLinesAsync(BatchRun run, BatchIndex index, LineSource source)
    {
        var recorded = (await store.LinesAsync(run.Batch.Id, null, CancellationToken.None).ConfigureAwait(false)).ToHashSet();
        var recorder = new BatchRecorder(run, store, changes, time, logger);
        var recording = recorder.RunAsync();
        IReadOnlyList<BatchError> errors = [];
        try
        {
            // 3
            var dispatch = new BatchDispatch(run, index, recorded, source, lines, recorder, pace, peers, time);
            await dispatch.RunAsync().ConfigureAwait(false);

            // 4
            if (Verdict(run) is { } verdict)
            {
                await dispatch.GiveUpRestAsync(isCancelled: verdict == BatchStatus.Cancelled).ConfigureAwait(false);
            }
        }
        catch (IOException exception)
        {
            LogInputLost(exception, run.Batch.Id);
            errors = [InputLost];
        }

        recorder.End();
        await recording.ConfigureAwait(false);
        return errors;
    }

    private async ValueTask EndAsync(BatchRun run, IReadOnlyList<BatchError> errors)
    {
        var batch = run.Batch;
        var status = errors.Count > 0 ? BatchStatus.Failed : Verdict(run) ?? BatchStatus.Completed;
        if (status == BatchStatus.Expired
            && (await store.GetAsync(batch.Namespace, batch.Id, CancellationToken.None).ConfigureAwait(false))?.CancellingAt is not null)
        {
            status = BatchStatus.Cancelled;
        }

        if (status == BatchStatus.Completed)
        {
            if (!await store.FinalizeAsync(batch.Id, batch.Attempt, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false))
            {
                // Cancelled in this moment: every line has its result all the same.
                status = BatchStatus.Cancelled;
            }

            changes.Raise(batch.Id);
        }

        await FinishAsync(run, status, errors).ConfigureAwait(false);
    }

    private async ValueTask FinishAsync(BatchRun run, BatchStatus status, IReadOnlyList<BatchError> errors)
    {
        var batch = run.Batch;
        var now = time.GetUtcNow();
        var output = await files.StoreAsync(batch, succeeded: true, CancellationToken.None).ConfigureAwait(false);
        var error = await files.StoreAsync(batch, succeeded: false, CancellationToken.None).ConfigureAwait(false);
        var end = new BatchEnd(status, now, now + options.KeepFor) { Errors = errors, Output = output, Error = error };
        var isDone = false;
        try
        {
            isDone = await store.FinishAsync(batch.Id, batch.Attempt, end, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            if (!isDone)
            {
                await DiscardAsync(output).ConfigureAwait(false);
                await DiscardAsync(error).ConfigureAwait(false);
            }
        }

        if (isDone)
        {
            LogEnded(batch.Id, status.Name());
            changes.Raise(batch.Id);
            await store.DropPiecesAsync(batch.Id, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private ValueTask DiscardAsync(StoredFile? file) => file is null ? default : blobs.DeleteAsync(file.Blob, CancellationToken.None);

    /// <summary>How the batch ends before its lines have all been run; <see langword="null"/> if nothing ends it.</summary>
    private BatchStatus? Verdict(BatchRun run) => run.StopReason switch
    {
        JobStop.Cancelled => BatchStatus.Cancelled,
        JobStop.None when time.GetUtcNow() >= run.Batch.ExpiresAt => BatchStatus.Expired,
        _ => null,
    };

    private static BatchError InputLost { get; } = new("input_file_unavailable", "The input file cannot be read any more. Upload it again, and make a new batch of it.");

    [LoggerMessage(2221, LogLevel.Information, "Batch {Id} begins with {Lines} requests")]
    private partial void LogBegun(string id, int lines);

    [LoggerMessage(2222, LogLevel.Information, "Batch {Id} is {Status}")]
    private partial void LogEnded(string id, string status);

    [LoggerMessage(2223, LogLevel.Error, "The input of batch {Id} cannot be read any more")]
    private partial void LogInputLost(Exception exception, string id);
}
