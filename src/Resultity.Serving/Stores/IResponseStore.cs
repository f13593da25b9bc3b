namespace Resultity.Serving.Stores;

/// <summary>A stored object of <c>/v1/responses</c>, opaque to the store.</summary>
public sealed record StoredResponse
{
    /// <summary>The identifier (<c>resp_…</c>).</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From then on it reads as absent and is deleted in time; <see langword="null"/> means never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The response object as JSON.</summary>
    public required ReadOnlyMemory<byte> Object { get; init; }

    /// <summary>The input items as a JSON array.</summary>
    public required ReadOnlyMemory<byte> InputItems { get; init; }
}

/// <summary>The stored responses.</summary>
/// <remarks>Safe for concurrent use. A write that has returned survives a power loss. Bytes that come out belong to the caller.</remarks>
public interface IResponseStore : IExpiring
{
    /// <summary>Stores a response, or replaces it. The bytes must not change before this returns.</summary>
    ValueTask PutAsync(StoredResponse response, CancellationToken cancellation);

    /// <summary>Reads a response of one namespace, unless it has expired.</summary>
    ValueTask<StoredResponse?> GetAsync(string @namespace, string id, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Deletes a response of one namespace.</summary>
    ValueTask<bool> DeleteAsync(string @namespace, string id, CancellationToken cancellation);
}
