using Resultity.Serving.Sharding;
using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class ShardStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private IShardStore Shards => Storage.Get<IShardStore>();

    [Fact]
    public async Task Wishes_read_as_they_were_written_and_the_last_one_of_a_model_counts()
    {
        var wish = new ShardWish { Model = "owner/big", Nodes = ["a", "b"], MinNodes = 2, ContextLength = 8192, Slots = 4 };
        await Shards.PutAsync(new ShardWish { Model = "owner/big" }, Start, Cancellation);
        await Shards.PutAsync(wish, Start, Cancellation);
        await Shards.PutAsync(new ShardWish { Model = "another" }, Start, Cancellation);

        Assert.Equal([new ShardWish { Model = "another" }, wish], await Shards.ListAsync(Cancellation));
    }

    [Fact]
    public async Task A_forgotten_wish_is_gone()
    {
        await Shards.PutAsync(new ShardWish { Model = "big" }, Start, Cancellation);
        Assert.True(await Shards.DeleteAsync("big", Cancellation));
        Assert.False(await Shards.DeleteAsync("big", Cancellation));
        Assert.Empty(await Shards.ListAsync(Cancellation));
    }
}
