using Resultity.Serving.Metering;

namespace Resultity.Serving.Stores;

/// <summary>What one key used of one model, endpoint and node within one minute.</summary>
public sealed record UsageRow
{
    /// <summary>The minute's beginning.</summary>
    public required DateTimeOffset Minute { get; init; }

    /// <summary>Whose usage it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>The key's identifier.</summary>
    public required string KeyId { get; init; }

    /// <summary>The model that served.</summary>
    public required string Model { get; init; }

    /// <summary>The endpoint's path.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The node that served; empty where none was reached.</summary>
    public required string NodeId { get; init; }

    /// <summary>Requests, failed ones included.</summary>
    public long Requests { get; init; }

    /// <summary>Requests that failed.</summary>
    public long Failed { get; init; }

    /// <summary>Tokens of input, cached ones included.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens of output.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Tokens of input that came from a prefix cache.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Images that were made.</summary>
    public long Images { get; init; }

    /// <summary>The length of audio that was heard or made, in milliseconds.</summary>
    public long AudioMilliseconds { get; init; }

    /// <summary>The row of one attempt.</summary>
    public static UsageRow Of(in UsageEntry entry, DateTimeOffset at) => new()
    {
        Minute = DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds() / 60 * 60),
        Namespace = entry.Namespace,
        KeyId = entry.KeyId,
        Model = entry.Model,
        Endpoint = entry.Endpoint.Path,
        NodeId = entry.NodeId,
        Requests = 1,
        Failed = entry.Failed ? 1 : 0,
        InputTokens = entry.Usage.InputTokens,
        OutputTokens = entry.Usage.OutputTokens,
        CachedTokens = entry.Usage.CachedTokens,
        Images = entry.Usage.Images,
        AudioMilliseconds = entry.Usage.AudioMilliseconds,
    };
}

/// <summary>Which usage is wanted. What is <see langword="null"/> is not filtered.</summary>
/// <param name="From">The first minute.</param>
/// <param name="Until">The minute behind the last one.</param>
public sealed record UsageQuery(DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>Only this namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>Only this key.</summary>
    public string? KeyId { get; init; }

    /// <summary>Only this model.</summary>
    public string? Model { get; init; }

    /// <summary>The most rows wanted.</summary>
    public int Limit { get; init; } = 10_000;
}

/// <summary>The record of usage: a ledger of postings, and its sums by the minute.</summary>
/// <remarks>
/// Safe for concurrent use. The sums add up the rows of the same minute, key, model, endpoint and node; they change in the transaction that
/// records the posting. Stores that record a result record its posting in the same transaction.
/// </remarks>
public interface IUsageStore
{
    /// <summary>Records postings, all or none. One whose identifier is recorded already is left out, so a write of unknown outcome can be repeated.</summary>
    ValueTask AppendAsync(IReadOnlyCollection<UsagePosting> postings, CancellationToken cancellation);

    /// <summary>Compares the ledger with the sums, and with the requests and batches that are still kept.</summary>
    /// <param name="from">What was used, or ended, before this is left out; <see langword="null"/> compares everything there is.</param>
    /// <param name="cancellation">Stops the comparison.</param>
    ValueTask<LedgerCheck> CheckAsync(DateTimeOffset? from, CancellationToken cancellation);

    /// <summary>Reads sums, the oldest minute first.</summary>
    ValueTask<IReadOnlyList<UsageRow>> QueryAsync(UsageQuery query, CancellationToken cancellation);
}
