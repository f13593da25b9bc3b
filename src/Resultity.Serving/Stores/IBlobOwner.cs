namespace Resultity.Serving.Stores;

/// <summary>A store whose rows name blobs. Blobs that no owner names are swept, so each such store is registered as an owner as well.</summary>
public interface IBlobOwner
{
    /// <summary>Of some blobs, the names that this store's rows hold on to.</summary>
    ValueTask<IReadOnlySet<string>> OwnedBlobsAsync(IReadOnlyCollection<string> names, CancellationToken cancellation);
}
