using Resultity.Serving.Files;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Batches;

/// <summary>A result as it stands in the output or error file, line feed included.</summary>
/// <param name="Line">The line's number.</param>
/// <param name="Sequence">Its place in the order in which results were recorded, from 1.</param>
/// <param name="Json">The bytes.</param>
public readonly record struct BatchResult(int Line, int Sequence, ReadOnlyMemory<byte> Json);

/// <summary>Reads results, also while the batch runs: first where they stand, then the bytes, from the pieces or from the files that these have become.</summary>
public sealed class BatchResults(IBatchStore store, FileLibrary files)
{
    private const int MostLines = 200;
    private const int MostBytes = 1 << 20;

    /// <summary>The place of a line's result, to read on behind it; 0 if it has none.</summary>
    public ValueTask<int> SequenceOfAsync(string batchId, int line, CancellationToken cancellation) => store.SequenceOfAsync(batchId, line, cancellation);

    /// <summary>Reads the next results.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="after">The place to begin behind.</param>
    /// <param name="succeeded">Only answers, or only faults; <see langword="null"/> for both.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Some results; none if there are no more yet; <see langword="null"/> if they were in a file that is deleted.</returns>
    public async ValueTask<IReadOnlyList<BatchResult>?> NextAsync(Batch batch, int after, bool? succeeded, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var lines = Bound(await store.NextAsync(batch.Id, after, succeeded, MostLines, cancellation).ConfigureAwait(false));
        var results = new List<BatchResult>(lines.Count);
        foreach (var kind in (bool[])[true, false])
        {
            var wanted = lines.Where(line => line.Succeeded == kind).ToList();
            if (wanted.Count == 0)
            {
                continue;
            }

            var start = wanted[0].Start;
            if (await ReadAsync(batch, kind, start, (int)(wanted[^1].Start + wanted[^1].Length - start), cancellation).ConfigureAwait(false) is not { } bytes)
            {
                return null;
            }

            results.AddRange(wanted.Select(line => new BatchResult(line.Line, line.Sequence, bytes.Slice((int)(line.Start - start), line.Length))));
        }

        results.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        return results;
    }

    private async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(Batch batch, bool succeeded, long start, int length, CancellationToken cancellation)
    {
        var bytes = new byte[length];
        var read = 0;
        while (read < length && await store.ReadPieceAsync(batch.Id, succeeded, start + read, cancellation).ConfigureAwait(false) is { IsEmpty: false } piece)
        {
            var part = piece[..Math.Min(piece.Length, length - read)];
            part.CopyTo(bytes.AsMemory(read));
            read += part.Length;
        }

        if (read == length)
        {
            return bytes;
        }

        // Written since: the pieces have become a file.
        var now = await store.GetAsync(batch.Namespace, batch.Id, cancellation).ConfigureAwait(false);
        if ((succeeded ? now?.OutputFileId : now?.ErrorFileId) is not { } id || await files.OpenAsync(batch.Namespace, id, cancellation).ConfigureAwait(false) is not { } file)
        {
            return null;
        }

        await using (file.ConfigureAwait(false))
        {
            file.Content.Position = start;
            await file.Content.ReadExactlyAsync(bytes, cancellation).ConfigureAwait(false);
            return bytes;
        }
    }

    /// <summary>A page holds a bounded number of bytes, but at least one result.</summary>
    private static List<RecordedLine> Bound(IReadOnlyList<RecordedLine> lines)
    {
        var bytes = 0L;
        return [.. lines.TakeWhile((line, index) => (bytes += line.Length) <= MostBytes || index == 0)];
    }
}
