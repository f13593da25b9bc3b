using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class MultimodelStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private IMultimodelStore Multimodels => Storage.Get<IMultimodelStore>();

    [Fact]
    public async Task Multimodels_read_as_they_were_written_in_the_order_of_their_names()
    {
        var fast = new StoredMultimodel("fast", """{"mode":"hedge","models":["a","b"],"hedge_ms":50}""", Start);
        var all = new StoredMultimodel("All \u00fcber", """{"models":["a","\u00fc"]}""", Start.AddSeconds(3));
        await Multimodels.PutAsync(fast, Cancellation);
        await Multimodels.PutAsync(all, Cancellation);

        Assert.Equal([all, fast], await Multimodels.ListAsync(Cancellation));
    }

    [Fact]
    public async Task Another_meaning_takes_the_place_of_the_first_one()
    {
        await Multimodels.PutAsync(new StoredMultimodel("m", """{"models":["a"]}""", Start), Cancellation);
        var later = new StoredMultimodel("m", """{"models":["b"]}""", Start.AddSeconds(1));
        await Multimodels.PutAsync(later, Cancellation);

        Assert.Equal([later], await Multimodels.ListAsync(Cancellation));
    }

    [Fact]
    public async Task Names_differ_by_the_case_of_their_letters()
    {
        await Multimodels.PutAsync(new StoredMultimodel("m", "{}", Start), Cancellation);
        await Multimodels.PutAsync(new StoredMultimodel("M", "{}", Start), Cancellation);

        Assert.Equal(["M", "m"], (await Multimodels.ListAsync(Cancellation)).Select(static one => one.Name));
        Assert.True(await Multimodels.DeleteAsync("M", Cancellation));
        Assert.Equal("m", Assert.Single(await Multimodels.ListAsync(Cancellation)).Name);
    }

    [Fact]
    public async Task A_deleted_one_is_gone()
    {
        await Multimodels.PutAsync(new StoredMultimodel("m", "{}", Start), Cancellation);

        Assert.True(await Multimodels.DeleteAsync("m", Cancellation));
        Assert.False(await Multimodels.DeleteAsync("m", Cancellation));
        Assert.Empty(await Multimodels.ListAsync(Cancellation));
    }

    [Fact]
    public async Task Writes_of_one_name_at_the_same_time_leave_one_of_them()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Multimodels.PutAsync(new StoredMultimodel("m", $$"""{"min_success":{{i}}}""", Start.AddSeconds(i)), Cancellation).AsTask()));

        var left = Assert.Single(await Multimodels.ListAsync(Cancellation));
        Assert.Equal($$"""{"min_success":{{(left.CreatedAt - Start).TotalSeconds}}}""", left.Spec);
    }
}
