using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class FileStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private const long Plenty = 1000;

    private IFileStore Files => Storage.Get<IFileStore>();

    private IUploadStore Uploads => Storage.Get<IUploadStore>();

    private IBlobStore Blobs => Storage.Get<IBlobStore>();

    [Fact]
    public async Task A_file_reads_as_it_was_added()
    {
        var file = await AddAsync();
        Assert.Equal(file, await Files.GetAsync("alpha", file.Id, Start, Cancellation));
    }

    [Fact]
    public async Task Another_namespace_sees_and_deletes_nothing()
    {
        var file = await AddAsync();
        Assert.Null(await Files.GetAsync("beta", file.Id, Start, Cancellation));
        Assert.False(await Files.DeleteAsync("beta", file.Id, Cancellation));
        Assert.Empty((await Files.ListAsync(new FileFilter("beta", new PageQuery(null, 10)), Start, Cancellation)).Items);
        Assert.NotNull(await Files.GetAsync("alpha", file.Id, Start, Cancellation));
    }

    [Fact]
    public async Task A_deleted_file_takes_its_bytes_with_it()
    {
        var file = await AddAsync();
        Assert.True(await Files.DeleteAsync("alpha", file.Id, Cancellation));
        Assert.False(await Files.DeleteAsync("alpha", file.Id, Cancellation));
        Assert.Null(await Blobs.OpenAsync(file.Blob, Cancellation));
    }

    [Fact]
    public async Task Lists_go_by_time_in_pages_and_by_purpose()
    {
        var files = new List<StoredFile>();
        for (var second = 0; second < 5; second++)
        {
            files.Add(await AddAsync(second, purpose: second % 2 == 0 ? "batch" : "vision"));
        }

        var first = await Files.ListAsync(new FileFilter("alpha", new PageQuery(null, 2)), Start, Cancellation);
        Assert.Equal([files[4].Id, files[3].Id], first.Items.Select(static file => file.Id));
        Assert.True(first.HasMore);
        var rest = await Files.ListAsync(new FileFilter("alpha", new PageQuery(files[3].Id, 3)), Start, Cancellation);
        Assert.Equal([files[2].Id, files[1].Id, files[0].Id], rest.Items.Select(static file => file.Id));
        Assert.False(rest.HasMore);
        var batch = await Files.ListAsync(new FileFilter("alpha", new PageQuery(null, 10, Ascending: true)) { Purpose = "batch" }, Start, Cancellation);
        Assert.Equal([files[0].Id, files[2].Id, files[4].Id], batch.Items.Select(static file => file.Id));
    }

    [Fact]
    public async Task An_expired_file_reads_as_absent_and_is_deleted_with_its_bytes()
    {
        var file = await AddAsync(expiresAt: Start.AddMinutes(1));
        var lasting = await AddAsync();
        Assert.Null(await Files.GetAsync("alpha", file.Id, Start.AddMinutes(1), Cancellation));
        Assert.Single((await Files.ListAsync(new FileFilter("alpha", new PageQuery(null, 10)), Start.AddMinutes(1), Cancellation)).Items);
        Assert.Equal(1, await Files.DeleteExpiredAsync(Start.AddMinutes(1), 10, Cancellation));
        Assert.Null(await Blobs.OpenAsync(file.Blob, Cancellation));
        Assert.NotNull(await Files.GetAsync("alpha", lasting.Id, Start.AddYears(1), Cancellation));
    }

    [Fact]
    public async Task A_namespace_keeps_no_more_bytes_than_it_may()
    {
        Assert.True(await Files.AddAsync(await NewFileAsync(bytes: 600), Plenty, Cancellation));
        var tooMuch = await NewFileAsync(bytes: 401);
        Assert.False(await Files.AddAsync(tooMuch, Plenty, Cancellation));
        Assert.Null(await Files.GetAsync("alpha", tooMuch.Id, Start, Cancellation));
        Assert.True(await Files.AddAsync(await NewFileAsync(bytes: 400), Plenty, Cancellation));
        Assert.True(await Files.AddAsync(await NewFileAsync(bytes: 1000) with { Namespace = "beta" }, Plenty, Cancellation));
    }

    [Fact]
    public async Task Blobs_of_files_and_parts_have_owners()
    {
        var file = await AddAsync();
        var upload = await BeginAsync(bytes: 3);
        var part = await AddPartAsync(upload);
        var stray = await Blobs.PutAsync("stray"u8.ToArray(), Cancellation);
        string[] names = [file.Blob, part.Blob, stray];
        Assert.Equal([file.Blob], await Files.OwnedBlobsAsync(names, Cancellation));
        Assert.Equal([part.Blob], await Uploads.OwnedBlobsAsync(names, Cancellation));
    }

    [Fact]
    public async Task A_completed_upload_is_a_file_and_has_no_parts_any_more()
    {
        var upload = await BeginAsync(bytes: 6);
        var parts = new[] { await AddPartAsync(upload), await AddPartAsync(upload) };
        Assert.Equal(parts.Select(static part => part.Id).Order(), (await Uploads.PartsAsync(upload.Id, Cancellation)).Select(static part => part.Id).Order());
        var file = await NewFileAsync(bytes: 6);
        Assert.Null(await Uploads.CompleteAsync(upload.Id, file, 5, Start, Cancellation));
        var done = await Uploads.CompleteAsync(upload.Id, file, Plenty, Start, Cancellation);
        Assert.Equal((UploadStatus.Completed, file.Id), (done!.Status, done.FileId));
        Assert.Equal(done, await Uploads.GetAsync("alpha", upload.Id, Cancellation));
        Assert.NotNull(await Files.GetAsync("alpha", file.Id, Start, Cancellation));
        Assert.Empty(await Uploads.PartsAsync(upload.Id, Cancellation));
        Assert.Null(await Blobs.OpenAsync(parts[0].Blob, Cancellation));
        Assert.Null(await Uploads.CompleteAsync(upload.Id, await NewFileAsync(), Plenty, Start, Cancellation));
        Assert.Equal(UploadStatus.Completed, (await Uploads.CancelAsync("alpha", upload.Id, Start, Cancellation))!.Status);
    }

    [Fact]
    public async Task An_upload_takes_no_more_than_it_was_begun_for_and_nothing_once_it_has_ended()
    {
        var upload = await BeginAsync(bytes: 5);
        await AddPartAsync(upload);
        Assert.False(await Uploads.AddPartAsync(await NewPartAsync(upload), upload.Bytes, Start, Cancellation));
        Assert.False(await Uploads.AddPartAsync(await NewPartAsync(upload), Plenty, upload.ExpiresAt, Cancellation));
        Assert.Null(await Uploads.CancelAsync("beta", upload.Id, Start, Cancellation));
        Assert.Equal(UploadStatus.Cancelled, (await Uploads.CancelAsync("alpha", upload.Id, Start, Cancellation))!.Status);
        Assert.False(await Uploads.AddPartAsync(await NewPartAsync(upload), Plenty, Start, Cancellation));
        Assert.Empty(await Uploads.PartsAsync(upload.Id, Cancellation));
    }

    [Fact]
    public async Task An_upload_whose_time_has_passed_loses_its_parts_first_and_is_forgotten_later()
    {
        var upload = await BeginAsync(bytes: 5);
        var part = await AddPartAsync(upload);
        Assert.Equal(1, await Uploads.DeleteExpiredAsync(upload.ExpiresAt, 10, Cancellation));
        Assert.Null(await Blobs.OpenAsync(part.Blob, Cancellation));
        Assert.Equal(UploadStatus.Expired, (await Uploads.GetAsync("alpha", upload.Id, Cancellation))!.Status);
        Assert.Equal(0, await Uploads.DeleteExpiredAsync(upload.ExpiresAt, 10, Cancellation));
        await Uploads.DeleteExpiredAsync(upload.ExpiresAt.AddDays(2), 10, Cancellation);
        Assert.Null(await Uploads.GetAsync("alpha", upload.Id, Cancellation));
    }

    private async Task<StoredFile> AddAsync(int second = 0, string purpose = "user_data", DateTimeOffset? expiresAt = null)
    {
        var file = await NewFileAsync(second) with { Purpose = purpose, ExpiresAt = expiresAt };
        Assert.True(await Files.AddAsync(file, Plenty, Cancellation));
        return file;
    }

    private async Task<StoredFile> NewFileAsync(int second = 0, long bytes = 3) => new()
    {
        Id = NewId(StoredFile.IdPrefix, second),
        Namespace = "alpha",
        Name = "a name.jsonl",
        Purpose = "user_data",
        Bytes = bytes,
        CreatedAt = Start.AddSeconds(second),
        Blob = await Blobs.PutAsync("abc"u8.ToArray(), Cancellation),
    };

    private async Task<StoredUpload> BeginAsync(long bytes)
    {
        var upload = new StoredUpload
        {
            Id = NewId(StoredUpload.IdPrefix),
            Namespace = "alpha",
            Name = "parts.bin",
            Purpose = "user_data",
            Bytes = bytes,
            CreatedAt = Start,
            ExpiresAt = Start.AddHours(1),
            FileLifetime = TimeSpan.FromDays(1),
        };
        await Uploads.AddAsync(upload, Cancellation);
        Assert.Equal(upload, await Uploads.GetAsync("alpha", upload.Id, Cancellation));
        return upload;
    }

    private async Task<UploadPart> AddPartAsync(StoredUpload upload)
    {
        var part = await NewPartAsync(upload);
        Assert.True(await Uploads.AddPartAsync(part, upload.Bytes, Start, Cancellation));
        return part;
    }

    private async Task<UploadPart> NewPartAsync(StoredUpload upload) =>
        new(NewId(UploadPart.IdPrefix), upload.Id, 3, await Blobs.PutAsync("abc"u8.ToArray(), Cancellation), Start);
}
