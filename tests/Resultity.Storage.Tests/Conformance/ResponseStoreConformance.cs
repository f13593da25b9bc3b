using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class ResponseStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private IResponseStore Responses => Storage.Get<IResponseStore>();

    [Fact]
    public async Task A_response_reads_byte_for_byte()
    {
        var response = NewResponse();
        await Responses.PutAsync(response, Cancellation);
        var read = await Responses.GetAsync("alpha", response.Id, Start, Cancellation);
        Assert.Equal(response.Object.ToArray(), read!.Object.ToArray());
        Assert.Equal(response.InputItems.ToArray(), read.InputItems.ToArray());
        Assert.Equal((response.CreatedAt, response.ExpiresAt), (read.CreatedAt, read.ExpiresAt));
    }

    [Fact]
    public async Task Another_namespace_sees_changes_and_deletes_nothing()
    {
        var response = NewResponse();
        await Responses.PutAsync(response, Cancellation);
        await Responses.PutAsync(response with { Namespace = "beta", Object = "stolen"u8.ToArray() }, Cancellation);
        Assert.Null(await Responses.GetAsync("beta", response.Id, Start, Cancellation));
        Assert.False(await Responses.DeleteAsync("beta", response.Id, Cancellation));
        Assert.Equal(response.Object.ToArray(), (await Responses.GetAsync("alpha", response.Id, Start, Cancellation))!.Object.ToArray());
    }

    [Fact]
    public async Task Putting_again_replaces()
    {
        var response = NewResponse();
        await Responses.PutAsync(response, Cancellation);
        await Responses.PutAsync(response with { Object = "{}"u8.ToArray() }, Cancellation);
        Assert.Equal("{}"u8.ToArray(), (await Responses.GetAsync("alpha", response.Id, Start, Cancellation))!.Object.ToArray());
    }

    [Fact]
    public async Task A_deleted_response_is_gone()
    {
        var response = NewResponse();
        await Responses.PutAsync(response, Cancellation);
        Assert.True(await Responses.DeleteAsync("alpha", response.Id, Cancellation));
        Assert.False(await Responses.DeleteAsync("alpha", response.Id, Cancellation));
        Assert.Null(await Responses.GetAsync("alpha", response.Id, Start, Cancellation));
    }

    [Fact]
    public async Task Expired_responses_read_as_absent_and_are_deleted_in_steps()
    {
        for (var i = 0; i < 5; i++)
        {
            await Responses.PutAsync(NewResponse() with { ExpiresAt = Start.AddMinutes(1) }, Cancellation);
        }

        var lasting = NewResponse();
        await Responses.PutAsync(lasting, Cancellation);
        var expiring = NewResponse() with { ExpiresAt = Start.AddMinutes(2) };
        await Responses.PutAsync(expiring, Cancellation);
        Assert.Null(await Responses.GetAsync("alpha", expiring.Id, Start.AddMinutes(2), Cancellation));
        Assert.Equal(3, await Responses.DeleteExpiredAsync(Start.AddMinutes(1), 3, Cancellation));
        Assert.Equal(2, await Responses.DeleteExpiredAsync(Start.AddMinutes(1), 3, Cancellation));
        Assert.NotNull(await Responses.GetAsync("alpha", expiring.Id, Start.AddMinutes(1), Cancellation));
        Assert.NotNull(await Responses.GetAsync("alpha", lasting.Id, Start.AddYears(1), Cancellation));
    }

    private static StoredResponse NewResponse() => new()
    {
        Id = NewId("resp_"),
        Namespace = "alpha",
        CreatedAt = Start,
        Object = "{\"object\":\"response\"}"u8.ToArray(),
        InputItems = "[{\"type\":\"message\"}]"u8.ToArray(),
    };
}
