using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class UsageStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private static readonly DateTimeOffset Minute = Start.AddSeconds(-5);

    private IUsageStore Usage => Storage.Get<IUsageStore>();

    [Fact]
    public async Task Rows_of_the_same_minute_add_up()
    {
        await Usage.AppendAsync([Posting("use_1", NewRow(), NewRow())], Cancellation);
        await Usage.AppendAsync([Posting("use_2", NewRow() with { Failed = 1 })], Cancellation);
        var row = Assert.Single(await Usage.QueryAsync(new UsageQuery(Minute, Minute.AddMinutes(1)), Cancellation));
        Assert.Equal(NewRow() with { Requests = 3, Failed = 1, InputTokens = 30, OutputTokens = 60, CachedTokens = 9 }, row);
    }

    [Fact]
    public async Task A_posting_counts_once_however_often_it_is_written()
    {
        await Usage.AppendAsync([Posting("req_1", NewRow())], Cancellation);
        await Usage.AppendAsync([Posting("req_1", NewRow()), Posting("req_2", NewRow()), Posting("req_2", NewRow())], Cancellation);
        var row = Assert.Single(await Usage.QueryAsync(new UsageQuery(Minute, Minute.AddMinutes(1)), Cancellation));
        Assert.Equal((2, 20, 40), (row.Requests, row.InputTokens, row.OutputTokens));
    }

    [Fact]
    public async Task Queries_filter_by_period_and_owner()
    {
        UsageRow[] rows =
        [
            NewRow(), NewRow() with { Minute = Minute.AddMinutes(1) }, NewRow() with { Namespace = "beta" },
            NewRow() with { KeyId = "key_2" }, NewRow() with { Model = "other" }, NewRow() with { NodeId = "n2" },
        ];
        await Usage.AppendAsync([Posting("use_1", rows)], Cancellation);
        var all = new UsageQuery(Minute, Minute.AddHours(1));
        Assert.Equal(6, (await Usage.QueryAsync(all, Cancellation)).Count);
        Assert.Equal(5, (await Usage.QueryAsync(new UsageQuery(Minute, Minute.AddMinutes(1)), Cancellation)).Count);
        Assert.Single(await Usage.QueryAsync(all with { Namespace = "beta" }, Cancellation));
        Assert.Single(await Usage.QueryAsync(all with { KeyId = "key_2" }, Cancellation));
        Assert.Single(await Usage.QueryAsync(all with { Model = "other" }, Cancellation));
        Assert.Equal(2, (await Usage.QueryAsync(all with { Limit = 2 }, Cancellation)).Count);
    }

    private static UsagePosting Posting(string id, params UsageRow[] rows) => new() { Id = id, Rows = rows };

    private static UsageRow NewRow() => new()
    {
        Minute = Minute,
        Namespace = "alpha",
        KeyId = "key_1",
        Model = "m",
        Endpoint = "/v1/chat/completions",
        NodeId = "n1",
        Requests = 1,
        InputTokens = 10,
        OutputTokens = 20,
        CachedTokens = 3,
    };
}
