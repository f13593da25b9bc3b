using System.Runtime.CompilerServices;
using Resultity.Serving.Files;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Batches;

/// <summary>Makes files of the recorded results of a batch. The pieces are read one at a time.</summary>
internal sealed class BatchFiles(IBatchStore store, IBlobStore blobs, FileLibrary library)
{
    /// <summary>Stores the bytes of one of the files.</summary>
    /// <returns>The file, which is not added yet, or <see langword="null"/> if there are no such results.</returns>
    public async ValueTask<StoredFile?> StoreAsync(Batch batch, bool succeeded, CancellationToken cancellation)
    {
        var pieces = new PieceStream(PiecesAsync(batch.Id, succeeded, cancellation), cancellation);
        await using var _ = pieces.ConfigureAwait(false);
        using var counted = new CountedStream(pieces, long.MaxValue);
        var blob = await blobs.PutAsync(counted, cancellation).ConfigureAwait(false);
        if (counted.Count == 0)
        {
            await blobs.DeleteAsync(blob, CancellationToken.None).ConfigureAwait(false);
            return null;
        }

        var draft = new FileDraft(batch.Namespace, $"{batch.Id}_{(succeeded ? "output" : "error")}.jsonl", FilePurpose.BatchOutput) { Lifetime = batch.OutputLifetime };
        return library.Make(draft, blob, counted.Count);
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesAsync(string id, bool succeeded, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var start = 0L;
        while (await store.ReadPieceAsync(id, succeeded, start, cancellation).ConfigureAwait(false) is { IsEmpty: false } piece)
        {
            yield return piece;
            start += piece.Length;
        }
    }
}
