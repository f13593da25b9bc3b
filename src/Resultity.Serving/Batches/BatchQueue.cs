using System.Globalization;
using Resultity.Contracts.Values;
using Resultity.Serving.Files;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Batches;

/// <summary>The door to batches: submit, look, wait, cancel, retry. Safe for concurrent use.</summary>
public sealed class BatchQueue
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly IBatchStore _store;
    private readonly FileLibrary _files;
    private readonly BatchRunner _runner;
    private readonly LiveBatches _live;
    private readonly LineRunner _lines;
    private readonly JobChanges _changes;
    private readonly BatchOptions _options;
    private readonly TimeProvider _time;

    internal BatchQueue(
        IBatchStore store, FileLibrary files, BatchRunner runner, LiveBatches live, LineRunner lines, JobChanges changes, BatchOptions options, TimeProvider time)
    {
        _store = store;
        _files = files;
        _runner = runner;
        _live = live;
        _lines = lines;
        _changes = changes;
        _options = options;
        _time = time;
    }

    /// <summary>The paths that lines can be meant for: every endpoint that jobs can be submitted to.</summary>
    public IReadOnlyCollection<string> Paths => _lines.Paths;

    /// <summary>Accepts a batch. When this returns the batch survives a power loss; its lines are checked afterwards.</summary>
    public async ValueTask<Outcome<Batch>> SubmitAsync(BatchDraft draft, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var @namespace = draft.Caller.Namespace;
        if (await _files.FindAsync(@namespace, draft.InputFileId, cancellation).ConfigureAwait(false) is not { } file)
        {
            return NoFile;
        }

        if (file.Purpose != FilePurpose.Batch)
        {
            return Fault.Invalid($"Invalid 'input_file_id': the file was uploaded for '{file.Purpose}'. Upload it with the purpose '{FilePurpose.Batch}'.", "input_file_id", "invalid_file_purpose");
        }

        if (await _store.CountUnfinishedAsync(@namespace, cancellation).ConfigureAwait(false) >= _options.MaxUnfinished)
        {
            return new Fault(
                FaultKind.RateLimited,
                "too_many_batches",
                string.Create(CultureInfo.InvariantCulture, $"{_options.MaxUnfinished} batches of this namespace are not finished; that is the most. Submit more when some are, or cancel some."))
            {
                RetryAfter = TimeSpan.FromSeconds(60),
            };
        }

        var batch = Make(draft, file);
        if (!await _store.AddAsync(batch, cancellation).ConfigureAwait(false))
        {
            return NoFile;
        }

        _runner.Wake();
        return batch;
    }

    /// <summary>Reads a batch of a namespace.</summary>
    public ValueTask<Batch?> GetAsync(string @namespace, string id, CancellationToken cancellation) =>
        Id.Matches(id, Batch.IdPrefix) ? _store.GetAsync(@namespace, id, cancellation) : new((Batch?)null);

    /// <summary>Lists the batches of a namespace.</summary>
    public ValueTask<Page<Batch>> ListAsync(string @namespace, PageQuery page, CancellationToken cancellation) => _store.ListAsync(@namespace, page, cancellation);

    /// <summary>Begins to watch a batch: its status and its results.</summary>
    public JobWatch Watch(string id) => _changes.Watch(id);

    /// <summary>Waits for a change, or until it is time to look again: another gateway may run the batch, whose changes are not told here.</summary>
    public ValueTask ChangedAsync(JobWatch watch, CancellationToken cancellation) => ChangedAsync(watch, LookEvery, cancellation);

    /// <summary>Waits until a batch is finished, but no longer than a time.</summary>
    /// <returns>The batch as it is then, or <see langword="null"/> if there is none.</returns>
    public async ValueTask<Batch?> WaitAsync(string @namespace, string id, TimeSpan atMost, CancellationToken cancellation)
    {
        using var watch = _changes.Watch(id);
        var began = _time.GetTimestamp();
        while (true)
        {
            watch.Reset();
            var batch = await GetAsync(@namespace, id, cancellation).ConfigureAwait(false);
            var left = atMost - _time.GetElapsedTime(began);
            if (batch is null || batch.Status.IsFinal() || left <= TimeSpan.Zero)
            {
                return batch;
            }

            await ChangedAsync(watch, left < LookEvery ? left : LookEvery, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Asks for a batch to be cancelled. One whose files are being written, or that is finished, stays as it is.</summary>
    /// <returns>The batch as it is now, or <see langword="null"/> if there is none.</returns>
    public async ValueTask<Batch?> CancelAsync(string @namespace, string id, CancellationToken cancellation)
    {
        if (!Id.Matches(id, Batch.IdPrefix))
        {
            return null;
        }

        var batch = await _store.CancelAsync(@namespace, id, _time.GetUtcNow(), cancellation).ConfigureAwait(false);
        if (batch is { Status: BatchStatus.Cancelling } && _live.TryFind(id, out var run))
        {
            run.Stop(JobStop.Cancelled);
        }

        _changes.Raise(id);
        return batch;
    }

    /// <summary>Submits the failed lines of a finished batch as a new one.</summary>
    /// <param name="batch">The finished batch.</param>
    /// <param name="draft">What the new one is to be; its input file is made here.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask<Outcome<Batch>> RetryAsync(Batch batch, BatchDraft draft, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(draft);
        var failed = await _store.LinesAsync(batch.Id, succeeded: false, cancellation).ConfigureAwait(false);
        if (failed.Count == 0)
        {
            return new Fault(FaultKind.Conflict, "nothing_to_retry", "No line of this batch has failed, so there is nothing to run again.");
        }

        if (await _files.OpenAsync(batch.Namespace, batch.InputFileId, cancellation).ConfigureAwait(false) is not { } input)
        {
            return new Fault(FaultKind.Conflict, "input_file_unavailable", "The batch's input file was deleted or has expired, so its lines cannot be run again.");
        }

        StoredFile? file;
        await using (input.ConfigureAwait(false))
        {
            var lines = LineFilter.PickAsync(input.Content, failed, cancellation);
            if (!(await AddInputAsync(batch.Namespace, $"{batch.Id}_retry.jsonl", lines, cancellation).ConfigureAwait(false)).TryGet(out file, out var fault))
            {
                return fault;
            }
        }

        return await SubmitAsync(draft with { InputFileId = file.Id, RetryOf = batch.Id }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Makes an input file of lines that come from elsewhere, such as the request itself. Each piece is used up before the next is asked for.</summary>
    public async ValueTask<Outcome<StoredFile>> AddInputAsync(
        string @namespace, string name, IAsyncEnumerable<ReadOnlyMemory<byte>> lines, CancellationToken cancellation)
    {
        var pieces = new PieceStream(lines, cancellation);
        await using var _ = pieces.ConfigureAwait(false);
        using var counted = new CountedStream(pieces, long.MaxValue);
        var blob = await _files.StoreAsync(counted, cancellation).ConfigureAwait(false);
        return await _files.AddAsync(new FileDraft(@namespace, name, FilePurpose.Batch), blob, counted.Count, cancellation).ConfigureAwait(false);
    }

    private async ValueTask ChangedAsync(JobWatch watch, TimeSpan atMost, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(watch);
        try
        {
            await watch.Changed.WaitAsync(atMost, _time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Whoever waits looks again.
        }
    }

    private Batch Make(BatchDraft draft, StoredFile file)
    {
        var now = _time.GetUtcNow();
        return new Batch
        {
            Id = draft.Id ?? Id.New(Batch.IdPrefix, _time),
            Namespace = draft.Caller.Namespace,
            KeyId = draft.Caller.KeyId,
            Endpoint = draft.Endpoint,
            InputFileId = file.Id,
            InputBlob = file.Blob,
            CompletionWindow = draft.CompletionWindow,
            CreatedAt = now,
            ExpiresAt = now + draft.Window,
            OutputLifetime = draft.OutputLifetime,
            Metadata = draft.Metadata,
            RetryOf = draft.RetryOf,
        };
    }

    private static Fault NoFile { get; } = Fault.NotFound(
        "There is no file with this identifier, or it is not yours, or it has expired. Upload the requests with POST /v1/files first.", "file_not_found", "input_file_id");
}
