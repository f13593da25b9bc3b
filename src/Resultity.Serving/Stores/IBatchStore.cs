using Resultity.Contracts.Values;
using Resultity.Serving.Batches;
using Resultity.Serving.Metering;

namespace Resultity.Serving.Stores;

/// <summary>The one result of one line, as it is recorded.</summary>
/// <param name="Line">The line's number, from 1.</param>
/// <param name="Succeeded">Whether it is an answer; otherwise a fault.</param>
/// <param name="Json">The line of the output or error file, its line feed included. The owner keeps the bytes unchanged until it is recorded.</param>
public sealed record LineResult(int Line, bool Succeeded, ReadOnlyMemory<byte> Json)
{
    /// <summary>What it consumed.</summary>
    public Usage Usage { get; init; }

    /// <summary>What each attempt used; recorded in the ledger together with the result.</summary>
    public IReadOnlyList<UsageEntry> Charges { get; init; } = [];

    /// <summary>The path that the line was meant for.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>The model's name as the line has it.</summary>
    public string Model { get; init; } = "";

    /// <summary>The node that served it; empty if none did.</summary>
    public string NodeId { get; init; } = "";
}

/// <summary>Where a recorded result stands.</summary>
/// <param name="Line">The line's number.</param>
/// <param name="Sequence">Its place in the order in which results were recorded, from 1.</param>
/// <param name="Succeeded">Whether it is in the output; otherwise in the errors.</param>
/// <param name="Start">Where it begins in that file, which may not be written yet.</param>
/// <param name="Length">How long it is, its line feed included.</param>
public readonly record struct RecordedLine(int Line, int Sequence, bool Succeeded, long Start, int Length);

/// <summary>A claim on a batch that is in force.</summary>
/// <param name="Id">The batch's identifier.</param>
/// <param name="Attempt">The claim's number.</param>
/// <param name="Status">The batch's status.</param>
public readonly record struct HeldBatch(string Id, int Attempt, BatchStatus Status);

/// <summary>How a batch ends.</summary>
/// <param name="Status">A final status.</param>
/// <param name="At">When.</param>
/// <param name="DeleteAt">When the batch may be forgotten.</param>
public sealed record BatchEnd(BatchStatus Status, DateTimeOffset At, DateTimeOffset DeleteAt)
{
    /// <summary>What is wrong with the input.</summary>
    public IReadOnlyList<BatchError> Errors { get; init; } = [];

    /// <summary>The file with the answers, whose blob exists.</summary>
    public StoredFile? Output { get; init; }

    /// <summary>The file with the faults, whose blob exists.</summary>
    public StoredFile? Error { get; init; }
}

/// <summary>The batches and the results of their lines.</summary>
/// <remarks>
/// <para>Safe for concurrent use. A write that has returned survives a power loss.</para>
/// <para>A claim gives its owner the right to run a batch until the lease ends. Every claim raises <see cref="Batch.Attempt"/>, and what a claim
/// records is accepted only while its number is the latest and the batch is not finished. Each line has at most one result, and the batch's counts
/// and usage change in the transaction that records it.</para>
/// <para>Results are kept as pieces of the files that they become, until the files are written; each knows its place in its file.</para>
/// </remarks>
public interface IBatchStore : IBlobOwner, IExpiring
{
    /// <summary>Accepts a batch whose input file exists.</summary>
    /// <returns><see langword="false"/> if the file is gone; nothing is added then.</returns>
    ValueTask<bool> AddAsync(Batch batch, CancellationToken cancellation);

    /// <summary>Reads one batch of a namespace.</summary>
    ValueTask<Batch?> GetAsync(string @namespace, string id, CancellationToken cancellation);

    /// <summary>Lists the batches of a namespace by time of creation.</summary>
    ValueTask<Page<Batch>> ListAsync(string @namespace, PageQuery page, CancellationToken cancellation);

    /// <summary>Counts the batches of a namespace that are not finished.</summary>
    ValueTask<int> CountUnfinishedAsync(string @namespace, CancellationToken cancellation);

    /// <summary>Claims batches that nobody runs, or whose lease has ended, taking turns between namespaces.</summary>
    /// <param name="owner">Who claims.</param>
    /// <param name="count">The most batches wanted.</param>
    /// <param name="now">Leases that end by then do not hold any more.</param>
    /// <param name="leaseUntil">From then on others may claim them, unless the lease is renewed.</param>
    /// <param name="takes">Which of those that are free the owner can run.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<IReadOnlyList<Batch>> ClaimAsync(string owner, int count, DateTimeOffset now, DateTimeOffset leaseUntil, Func<FreeBatch, bool> takes, CancellationToken cancellation);

    /// <summary>Prolongs the leases of every batch that an owner has claimed.</summary>
    /// <returns>What it holds. A run that is not among these has lost its claim.</returns>
    ValueTask<IReadOnlyList<HeldBatch>> RenewAsync(string owner, DateTimeOffset leaseUntil, CancellationToken cancellation);

    /// <summary>Hands back every batch that an owner has claimed.</summary>
    /// <returns>How many were handed back.</returns>
    ValueTask<int> ReleaseAsync(string owner, CancellationToken cancellation);

    /// <summary>Hands back one claimed batch.</summary>
    ValueTask ReleaseAsync(string id, int attempt, CancellationToken cancellation);

    /// <summary>Records that a batch's input is right and its lines begin to run.</summary>
    /// <returns><see langword="false"/> if the claim is not the latest, or a cancel came first.</returns>
    ValueTask<bool> BeginAsync(string id, int attempt, int total, string? model, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Records results of lines that have none, all or nothing, with the counts and the usage that follow from them.</summary>
    /// <returns><see langword="false"/> if the claim is not the latest or the batch is finished; nothing is recorded then.</returns>
    ValueTask<bool> AppendAsync(string id, int attempt, IReadOnlyList<LineResult> results, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Records that every line has a result.</summary>
    /// <returns><see langword="false"/> if the claim is not the latest, or a cancel came first.</returns>
    ValueTask<bool> FinalizeAsync(string id, int attempt, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Ends a batch, and adds its files.</summary>
    /// <returns><see langword="false"/> if the claim is not the latest or the batch is finished already; nothing is changed then, and the files' blobs stay the caller's.</returns>
    ValueTask<bool> FinishAsync(string id, int attempt, BatchEnd end, CancellationToken cancellation);

    /// <summary>Asks for a batch to be cancelled. One whose files are being written, or that is finished, stays as it is.</summary>
    /// <returns>The batch as it is now, or <see langword="null"/> if there is none.</returns>
    ValueTask<Batch?> CancelAsync(string @namespace, string id, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>The numbers of the lines that have a result.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="succeeded">Only answers, or only faults; <see langword="null"/> for both.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<IReadOnlyList<int>> LinesAsync(string id, bool? succeeded, CancellationToken cancellation);

    /// <summary>The place of one line's result in the order of recording; 0 if it has none.</summary>
    ValueTask<int> SequenceOfAsync(string id, int line, CancellationToken cancellation);

    /// <summary>Where the next results stand, in the order in which they were recorded.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="after">The place to begin behind.</param>
    /// <param name="succeeded">Only answers, or only faults; <see langword="null"/> for both.</param>
    /// <param name="limit">The most results wanted.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<IReadOnlyList<RecordedLine>> NextAsync(string id, int after, bool? succeeded, int limit, CancellationToken cancellation);

    /// <summary>Reads a part of a file that is not written yet.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="succeeded">The output; otherwise the errors.</param>
    /// <param name="start">Where to begin; the beginning of a result.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What was recorded from there on, up to the end of one write; empty if nothing is there, which is so once the file is written.</returns>
    ValueTask<ReadOnlyMemory<byte>> ReadPieceAsync(string id, bool succeeded, long start, CancellationToken cancellation);

    /// <summary>Deletes the pieces of files that are written.</summary>
    ValueTask DropPiecesAsync(string id, CancellationToken cancellation);
}

/// <summary>A batch that nobody runs.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="Namespace">Whose it is.</param>
/// <param name="Model">The model that all its lines are for; <see langword="null"/> if they are for several, or have not been read.</param>
public sealed record FreeBatch(string Id, string Namespace, string? Model);
