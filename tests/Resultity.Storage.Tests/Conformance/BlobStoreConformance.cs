using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class BlobStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private IBlobStore Blobs => Storage.Get<IBlobStore>();

    [Fact]
    public async Task A_blob_reads_byte_for_byte()
    {
        var bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        var fromBytes = await Blobs.PutAsync(bytes, Cancellation);
        var fromStream = await Blobs.PutAsync(new MemoryStream(bytes), Cancellation);
        Assert.NotEqual(fromBytes, fromStream);
        Assert.Equal(bytes, await ReadAsync(fromBytes));
        Assert.Equal(bytes, await ReadAsync(fromStream));
    }

    [Fact]
    public async Task A_deleted_blob_is_gone()
    {
        var name = await Blobs.PutAsync(new byte[] { 1 }, Cancellation);
        await Blobs.DeleteAsync(name, Cancellation);
        await Blobs.DeleteAsync(name, Cancellation);
        Assert.Null(await Blobs.OpenAsync(name, Cancellation));
    }

    [Fact]
    public async Task A_put_that_fails_leaves_nothing()
    {
        await Assert.ThrowsAsync<EndOfStreamException>(async () => await Blobs.PutAsync(new BreakingStream(), Cancellation));
        Assert.Empty(await NamesAsync(DateTimeOffset.MaxValue));
        Assert.Empty(Directory.GetFiles(Path.Combine(Storage.Folder, "blobs"), "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("../resultity.db")]
    [InlineData("blob_../../../../etc/passwd00")]
    [InlineData("")]
    public async Task Names_of_others_open_and_delete_nothing(string name)
    {
        Assert.Null(await Blobs.OpenAsync(name, Cancellation));
        await Blobs.DeleteAsync(name, Cancellation);
    }

    [Fact]
    public async Task Blobs_are_listed_by_age()
    {
        var names = new List<string> { await Blobs.PutAsync(new byte[] { 1 }, Cancellation), await Blobs.PutAsync(new byte[] { 2 }, Cancellation) };
        Assert.Equal(names.Order(), (await NamesAsync(DateTimeOffset.MaxValue)).Order());
        Assert.Empty(await NamesAsync(DateTimeOffset.UnixEpoch));
    }

    private async Task<List<string>> NamesAsync(DateTimeOffset before) => await Blobs.ListAsync(before, Cancellation).ToListAsync(Cancellation);

    private async Task<byte[]> ReadAsync(string name)
    {
        await using var stream = await Blobs.OpenAsync(name, Cancellation);
        using var copy = new MemoryStream();
        await stream!.CopyToAsync(copy, Cancellation);
        return copy.ToArray();
    }

    private sealed class BreakingStream : MemoryStream
    {
        private bool _begun;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_begun)
            {
                throw new EndOfStreamException("broke off");
            }

            _begun = true;
            return ValueTask.FromResult(10);
        }
    }
}
