namespace Resultity.Serving.Stores;

/// <summary>Payloads too large for a row. A blob never changes; the store makes its name.</summary>
/// <remarks>
/// Safe for concurrent use. A blob that was put is whole and survives a power loss; one whose put failed or was cancelled does not exist.
/// Blobs without an owner (<see cref="IBlobOwner"/>) are found by <see cref="ListAsync"/> and swept once they are old enough to have had one.
/// </remarks>
public interface IBlobStore
{
    /// <summary>Stores bytes.</summary>
    /// <returns>The blob's name.</returns>
    ValueTask<string> PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation);

    /// <summary>Stores what a stream gives until its end. The caller disposes of the stream and has limited its length.</summary>
    /// <returns>The blob's name.</returns>
    ValueTask<string> PutAsync(Stream source, CancellationToken cancellation);

    /// <summary>Opens a blob; the caller disposes of the stream, which knows its length and can seek. <see langword="null"/> if there is none of that name.</summary>
    ValueTask<Stream?> OpenAsync(string name, CancellationToken cancellation);

    /// <summary>Deletes a blob; none of that name is no failure.</summary>
    ValueTask DeleteAsync(string name, CancellationToken cancellation);

    /// <summary>The names of the blobs that were put before an instant.</summary>
    IAsyncEnumerable<string> ListAsync(DateTimeOffset putBefore, CancellationToken cancellation);
}
