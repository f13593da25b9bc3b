using Resultity.Serving.Stores;
using SumKey = (long Minute, string Namespace, string KeyId, string Model, string Endpoint, string NodeId);

namespace Resultity.Storage.Sql;

/// <summary>A row of <c>usage_entries</c>, and of <c>usage</c>, which has all but the first three columns.</summary>
internal sealed class LedgerRow
{
    public string Posting { get; init; } = "";
    public int Position { get; init; }
    public string? BatchId { get; init; }
    public long Minute { get; init; }
    public string Namespace { get; init; } = "";
    public string KeyId { get; init; } = "";
    public string Model { get; init; } = "";
    public string Endpoint { get; init; } = "";
    public string NodeId { get; init; } = "";
    public long Requests { get; init; }
    public long Failed { get; init; }
    public long InputTokens { get; init; }
    public long OutputTokens { get; init; }
    public long CachedTokens { get; init; }
    public long Images { get; init; }
    public long AudioMilliseconds { get; init; }

    public static LedgerRow Of(UsageRow row, UsagePosting posting, int position) => new()
    {
        Posting = posting.Id,
        Position = position,
        BatchId = posting.BatchId,
        Minute = row.Minute.ToColumn(),
        Namespace = row.Namespace,
        KeyId = row.KeyId,
        Model = row.Model,
        Endpoint = row.Endpoint,
        NodeId = row.NodeId,
        Requests = row.Requests,
        Failed = row.Failed,
        InputTokens = row.InputTokens,
        OutputTokens = row.OutputTokens,
        CachedTokens = row.CachedTokens,
        Images = row.Images,
        AudioMilliseconds = row.AudioMilliseconds,
    };

    public static SumKey KeyOf(UsageRow row) =>
        (row.Minute.ToColumn(), row.Namespace, row.KeyId, row.Model, row.Endpoint, row.NodeId);

    /// <summary>The sum of rows with one key.</summary>
    public static LedgerRow Sum(IGrouping<SumKey, UsageRow> rows) => new()
    {
        Minute = rows.Key.Minute,
        Namespace = rows.Key.Namespace,
        KeyId = rows.Key.KeyId,
        Model = rows.Key.Model,
        Endpoint = rows.Key.Endpoint,
        NodeId = rows.Key.NodeId,
        Requests = rows.Sum(static row => row.Requests),
        Failed = rows.Sum(static row => row.Failed),
        InputTokens = rows.Sum(static row => row.InputTokens),
        OutputTokens = rows.Sum(static row => row.OutputTokens),
        CachedTokens = rows.Sum(static row => row.CachedTokens),
        Images = rows.Sum(static row => row.Images),
        AudioMilliseconds = rows.Sum(static row => row.AudioMilliseconds),
    };

    public UsageRow ToUsage() => new()
    {
        Minute = Minute.ToTime(),
        Namespace = Namespace,
        KeyId = KeyId,
        Model = Model,
        Endpoint = Endpoint,
        NodeId = NodeId,
        Requests = Requests,
        Failed = Failed,
        InputTokens = InputTokens,
        OutputTokens = OutputTokens,
        CachedTokens = CachedTokens,
        Images = Images,
        AudioMilliseconds = AudioMilliseconds,
    };
}
