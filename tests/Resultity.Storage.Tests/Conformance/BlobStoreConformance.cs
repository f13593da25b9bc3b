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

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(200_000)]
    public async Task A_part_of_a_blob_reads_without_the_rest(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        await using var blob = (await Blobs.OpenAsync(await Blobs.PutAsync(bytes, Cancellation), Cancellation))!;
        Assert.Equal(size, blob.Length);
        foreach (var from in (int[])[size / 2, 0, Math.Max(0, size - 3)])
        {
            blob.Position = from;
            var part = new byte[Math.Min(size - from, 70_000)];
            await blob.ReadExactlyAsync(part, Cancellation);
            Assert.Equal(bytes.AsSpan(from, part.Length).ToArray(), part);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70_000)]
    [InlineData(99_999)]
    [InlineData(100_000)]
    [InlineData(-1)]
    public async Task A_damaged_blob_is_told_and_all_others_read(int at)
    {
        var name = await Blobs.PutAsync(new byte[100_000], Cancellation);
        var other = await Blobs.PutAsync(new byte[] { 1, 2 }, Cancellation);
        var file = FileOf(name);
        var stored = await File.ReadAllBytesAsync(file, Cancellation);
        stored[at < 0 ? stored.Length + at : at] ^= 1;
        await File.WriteAllBytesAsync(file, stored, Cancellation);
        var exception = await Assert.ThrowsAsync<StorageException>(() => ReadAsync(name));
        Assert.Equal("storage_damaged", exception.Fault.Code);
        Assert.Contains(file, exception.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], await ReadAsync(other));
    }

    [Fact]
    public async Task A_blob_that_was_cut_off_is_told()
    {
        var name = await Blobs.PutAsync(new byte[100_000], Cancellation);
        using (var file = new FileStream(FileOf(name), FileMode.Open))
        {
            file.SetLength(50_000);
        }

        await Assert.ThrowsAsync<StorageException>(() => ReadAsync(name));
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

    private string FileOf(string name) => Directory.GetFiles(Path.Combine(Storage.Folder, "blobs"), name, SearchOption.AllDirectories).Single();

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
