using System.Text;
using Resultity.Contracts.Values;
using Resultity.Serving.Batches;
using Resultity.Serving.Metering;
using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class BatchStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private static readonly DateTimeOffset Lease = Start.AddSeconds(30);

    private IBatchStore Batches => Storage.Get<IBatchStore>();

    private IFileStore Files => Storage.Get<IFileStore>();

    private IBlobStore Blobs => Storage.Get<IBlobStore>();

    [Fact]
    public async Task A_batch_reads_as_it_was_added_and_only_in_its_namespace()
    {
        var batch = await AddAsync();
        Assert.Equivalent(batch, await Batches.GetAsync("alpha", batch.Id, Cancellation));
        Assert.Null(await Batches.GetAsync("beta", batch.Id, Cancellation));
        Assert.Null(await Batches.CancelAsync("beta", batch.Id, Start, Cancellation));
        Assert.Equal(1, await Batches.CountUnfinishedAsync("alpha", Cancellation));
        Assert.Equal(0, await Batches.CountUnfinishedAsync("beta", Cancellation));
        Assert.Empty((await Batches.ListAsync("beta", new PageQuery(null, 10), Cancellation)).Items);
    }

    [Fact]
    public async Task A_batch_whose_file_is_gone_is_not_added()
    {
        var batch = NewBatch(await FileAsync()) with { InputFileId = NewId("file-") };
        Assert.False(await Batches.AddAsync(batch, Cancellation));
        Assert.Null(await Batches.GetAsync("alpha", batch.Id, Cancellation));
    }

    [Fact]
    public async Task Lists_go_by_time_in_pages()
    {
        var ids = new List<string>();
        for (var second = 0; second < 3; second++)
        {
            ids.Add((await AddAsync(second)).Id);
        }

        var first = await Batches.ListAsync("alpha", new PageQuery(null, 2), Cancellation);
        Assert.Equal([ids[2], ids[1]], first.Items.Select(static batch => batch.Id));
        Assert.True(first.HasMore);
        Assert.Equal([ids[0]], (await Batches.ListAsync("alpha", new PageQuery(ids[1], 2), Cancellation)).Items.Select(static batch => batch.Id));
    }

    [Fact]
    public async Task A_claimed_batch_is_nobody_elses_until_its_lease_ends()
    {
        var batch = await AddAsync();
        Assert.Equal(1, Assert.Single(await Batches.ClaimAsync("one", 10, Start, Lease, static _ => true, Cancellation)).Attempt);
        Assert.Empty(await Batches.ClaimAsync("two", 10, Start.AddSeconds(29), Lease.AddSeconds(30), static _ => true, Cancellation));
        Assert.Equal(2, Assert.Single(await Batches.ClaimAsync("two", 10, Lease, Lease.AddSeconds(30), static _ => true, Cancellation)).Attempt);
        Assert.Empty(await Batches.RenewAsync("one", Lease.AddHours(1), Cancellation));
        Assert.Equal(new HeldBatch(batch.Id, 2, BatchStatus.Validating), Assert.Single(await Batches.RenewAsync("two", Lease.AddHours(1), Cancellation)));
        Assert.Equal(1, await Batches.ReleaseAsync("two", Cancellation));
        Assert.Equal(3, Assert.Single(await Batches.ClaimAsync("one", 10, Start, Lease, static _ => true, Cancellation)).Attempt);
        await Batches.ReleaseAsync(batch.Id, 2, Cancellation);
        Assert.Empty(await Batches.ClaimAsync("two", 10, Start, Lease, static _ => true, Cancellation));
        await Batches.ReleaseAsync(batch.Id, 3, Cancellation);
        Assert.Single(await Batches.ClaimAsync("two", 10, Start, Lease, static _ => true, Cancellation));
    }

    [Fact]
    public async Task Claims_take_turns_between_namespaces()
    {
        var first = await AddAsync(1);
        await AddAsync(2);
        var other = await AddAsync(3, "beta");
        var claimed = await Batches.ClaimAsync("one", 2, Start, Lease, static _ => true, Cancellation);
        Assert.Equal(new[] { first.Id, other.Id }.Order(), claimed.Select(static batch => batch.Id).Order());
    }

    [Fact]
    public async Task Results_change_counts_usage_and_ledger_together()
    {
        var batch = await BegunAsync(total: 4);
        Assert.True(await AppendAsync(batch, Result(1), Result(2, succeeded: false)));
        Assert.True(await AppendAsync(batch, Result(4)));
        var now = (await Batches.GetAsync("alpha", batch.Id, Cancellation))!;
        Assert.Equal((4, 2, 1), (now.Total, now.Completed, now.Failed));
        Assert.Equal(new Usage(30, 60, 3), now.Usage);
        Assert.Equal([1, 2, 4], await Batches.LinesAsync(batch.Id, null, Cancellation));
        Assert.Equal([2], await Batches.LinesAsync(batch.Id, false, Cancellation));
        var rows = await Storage.Get<IUsageStore>().QueryAsync(new UsageQuery(Start.AddHours(-1), Start.AddHours(1)), Cancellation);
        Assert.Equal((3, 30, 60), (rows.Sum(static row => row.Requests), rows.Sum(static row => row.InputTokens), rows.Sum(static row => row.OutputTokens)));
    }

    [Fact]
    public async Task A_line_has_one_result_and_what_comes_with_a_second_is_not_recorded_either()
    {
        var batch = await BegunAsync(total: 3);
        Assert.True(await AppendAsync(batch, Result(1)));
        await Assert.ThrowsAnyAsync<Exception>(() => AppendAsync(batch, Result(2), Result(1)));
        Assert.Equal([1], await Batches.LinesAsync(batch.Id, null, Cancellation));
        Assert.Equal(1, (await Batches.GetAsync("alpha", batch.Id, Cancellation))!.Completed);
    }

    [Fact]
    public async Task An_older_claim_records_nothing()
    {
        var batch = await BegunAsync(total: 3);
        var later = Assert.Single(await Batches.ClaimAsync("two", 1, Lease, Lease.AddSeconds(30), static _ => true, Cancellation));
        Assert.False(await AppendAsync(batch, Result(1)));
        Assert.False(await Batches.FinalizeAsync(batch.Id, batch.Attempt, Start, Cancellation));
        Assert.False(await Batches.FinishAsync(batch.Id, batch.Attempt, new BatchEnd(BatchStatus.Completed, Start, Start), Cancellation));
        Assert.True(await AppendAsync(later, Result(1)));
    }

    [Fact]
    public async Task Results_are_found_in_the_order_of_recording_and_read_from_their_pieces()
    {
        var batch = await BegunAsync(total: 5);
        await AppendAsync(batch, Result(3), Result(1, succeeded: false), Result(2));
        await AppendAsync(batch, Result(5));
        var all = await Batches.NextAsync(batch.Id, 0, null, 10, Cancellation);
        Assert.Equal([3, 1, 2, 5], all.Select(static line => line.Line));
        Assert.Equal([1, 2, 3, 4], all.Select(static line => line.Sequence));
        Assert.Equal([2, 5], (await Batches.NextAsync(batch.Id, 1, true, 10, Cancellation)).Select(static line => line.Line));
        Assert.Equal([1], (await Batches.NextAsync(batch.Id, 0, false, 10, Cancellation)).Select(static line => line.Line));
        Assert.Equal(3, await Batches.SequenceOfAsync(batch.Id, 2, Cancellation));
        Assert.Equal(0, await Batches.SequenceOfAsync(batch.Id, 4, Cancellation));
        foreach (var line in all)
        {
            var piece = await Batches.ReadPieceAsync(batch.Id, line.Succeeded, line.Start, Cancellation);
            Assert.Equal($"line {line.Line}\n", Encoding.UTF8.GetString(piece[..line.Length].Span));
        }

        Assert.True((await Batches.ReadPieceAsync(batch.Id, true, 1000, Cancellation)).IsEmpty);
        await Batches.DropPiecesAsync(batch.Id, Cancellation);
        Assert.True((await Batches.ReadPieceAsync(batch.Id, true, 0, Cancellation)).IsEmpty);
    }

    [Fact]
    public async Task Large_pieces_are_blobs_with_an_owner()
    {
        var batch = await BegunAsync(total: 1);
        var large = new byte[2_000_000];
        Assert.True(await AppendAsync(batch, new LineResult(1, true, large)));
        var names = await Blobs.ListAsync(DateTimeOffset.MaxValue, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(names.Order(), (await Batches.OwnedBlobsAsync(names, Cancellation)).Order());
        Assert.Equal(2, names.Count);
        Assert.Equal(large.Length, (await Batches.ReadPieceAsync(batch.Id, true, 0, Cancellation)).Length);
        await Batches.DropPiecesAsync(batch.Id, Cancellation);
        Assert.Single(await Blobs.ListAsync(DateTimeOffset.MaxValue, Cancellation).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task A_finished_batch_has_its_files_and_ends_once()
    {
        var batch = await BegunAsync(total: 1);
        await AppendAsync(batch, Result(1));
        Assert.True(await Batches.FinalizeAsync(batch.Id, batch.Attempt, Start.AddSeconds(1), Cancellation));
        var output = (await FileAsync()) with { Id = NewId("file-", 9), Blob = await Blobs.PutAsync("line 1\n"u8.ToArray(), Cancellation) };
        var end = new BatchEnd(BatchStatus.Completed, Start.AddSeconds(2), Start.AddDays(1)) { Output = output };
        Assert.True(await Batches.FinishAsync(batch.Id, batch.Attempt, end, Cancellation));
        Assert.False(await Batches.FinishAsync(batch.Id, batch.Attempt, end, Cancellation));
        Assert.False(await AppendAsync(batch, Result(2)));
        var now = (await Batches.GetAsync("alpha", batch.Id, Cancellation))!;
        Assert.Equal((BatchStatus.Completed, output.Id, null, end.At), (now.Status, now.OutputFileId, now.ErrorFileId, now.FinishedAt));
        Assert.NotNull(await Files.GetAsync("alpha", output.Id, Start, Cancellation));
        Assert.Empty(await Batches.ClaimAsync("two", 10, Start.AddYears(1), Lease.AddYears(1), static _ => true, Cancellation));
        Assert.Equal(BatchStatus.Completed, (await Batches.CancelAsync("alpha", batch.Id, Start, Cancellation))!.Status);
    }

    [Fact]
    public async Task A_cancel_holds_up_what_comes_after_it()
    {
        var batch = await BegunAsync(total: 2);
        var cancelled = (await Batches.CancelAsync("alpha", batch.Id, Start.AddSeconds(3), Cancellation))!;
        Assert.Equal((BatchStatus.Cancelling, Start.AddSeconds(3)), (cancelled.Status, cancelled.CancellingAt));
        Assert.False(await Batches.FinalizeAsync(batch.Id, batch.Attempt, Start, Cancellation));
        Assert.True(await AppendAsync(batch, Result(1, succeeded: false)));
        Assert.True(await Batches.FinishAsync(batch.Id, batch.Attempt, new BatchEnd(BatchStatus.Cancelled, Start, Start.AddDays(1)), Cancellation));
        var waiting = await AddAsync(5);
        await Batches.CancelAsync("alpha", waiting.Id, Start, Cancellation);
        var claimed = Assert.Single(await Batches.ClaimAsync("one", 10, Start, Lease, static _ => true, Cancellation));
        Assert.False(await Batches.BeginAsync(waiting.Id, claimed.Attempt, 1, null, Start, Cancellation));
    }

    [Fact]
    public async Task What_is_wrong_with_an_input_is_kept()
    {
        await AddAsync();
        var batch = Assert.Single(await Batches.ClaimAsync("one", 1, Start, Lease, static _ => true, Cancellation));
        BatchError[] errors = [new("invalid_json_line", "This line …", 3), new("empty_file", "…", null, "custom_id")];
        await Batches.FinishAsync(batch.Id, batch.Attempt, new BatchEnd(BatchStatus.Failed, Start, Start.AddDays(1)) { Errors = errors }, Cancellation);
        Assert.Equal(errors, (await Batches.GetAsync("alpha", batch.Id, Cancellation))!.Errors);
    }

    [Fact]
    public async Task A_deleted_input_file_is_gone_but_its_bytes_stay_until_the_batch_ends()
    {
        var batch = await BegunAsync(total: 1);
        Assert.True(await Files.DeleteAsync("alpha", batch.InputFileId, Cancellation));
        Assert.Equal([batch.InputBlob], await Batches.OwnedBlobsAsync([batch.InputBlob], Cancellation));
        await using (var input = await Blobs.OpenAsync(batch.InputBlob, Cancellation))
        {
            Assert.NotNull(input);
        }

        await Batches.FinishAsync(batch.Id, batch.Attempt, new BatchEnd(BatchStatus.Completed, Start, Start.AddDays(1)), Cancellation);
        Assert.Null(await Blobs.OpenAsync(batch.InputBlob, Cancellation));
    }

    [Fact]
    public async Task A_batch_that_was_kept_long_enough_is_forgotten_with_its_lines()
    {
        var batch = await BegunAsync(total: 1);
        await AppendAsync(batch, Result(1));
        await Batches.FinishAsync(batch.Id, batch.Attempt, new BatchEnd(BatchStatus.Completed, Start, Start.AddDays(1)), Cancellation);
        Assert.Equal(0, await Batches.DeleteExpiredAsync(Start, 10, Cancellation));
        Assert.Equal(1, await Batches.DeleteExpiredAsync(Start.AddDays(1), 10, Cancellation));
        Assert.Null(await Batches.GetAsync("alpha", batch.Id, Cancellation));
        Assert.Empty(await Batches.LinesAsync(batch.Id, null, Cancellation));
    }

    private Task<bool> AppendAsync(Batch batch, params LineResult[] results) =>
        Batches.AppendAsync(batch.Id, batch.Attempt, results, Start, Cancellation).AsTask();

    private async Task<Batch> BegunAsync(int total)
    {
        await AddAsync();
        var batch = Assert.Single(await Batches.ClaimAsync("one", 1, Start, Lease, static _ => true, Cancellation));
        Assert.True(await Batches.BeginAsync(batch.Id, batch.Attempt, total, "m", Start, Cancellation));
        return batch;
    }

    private async Task<Batch> AddAsync(int second = 0, string @namespace = "alpha")
    {
        var batch = NewBatch(await FileAsync(@namespace), second);
        Assert.True(await Batches.AddAsync(batch, Cancellation));
        return batch;
    }

    private async Task<StoredFile> FileAsync(string @namespace = "alpha")
    {
        var file = new StoredFile
        {
            Id = NewId(StoredFile.IdPrefix),
            Namespace = @namespace,
            Name = "in.jsonl",
            Purpose = "batch",
            Bytes = 3,
            CreatedAt = Start,
            Blob = await Blobs.PutAsync("abc"u8.ToArray(), Cancellation),
        };
        Assert.True(await Files.AddAsync(file, long.MaxValue, Cancellation));
        return file;
    }

    private static Batch NewBatch(StoredFile file, int second = 0) => new()
    {
        Id = NewId(Batch.IdPrefix, second),
        Namespace = file.Namespace,
        KeyId = "key_1",
        Endpoint = "/v1/chat/completions",
        InputFileId = file.Id,
        InputBlob = file.Blob,
        CompletionWindow = "24h",
        CreatedAt = Start.AddSeconds(second),
        ExpiresAt = Start.AddHours(24),
        OutputLifetime = TimeSpan.FromDays(2),
        Metadata = """{"a":"b"}""",
        RetryOf = "batch_x",
    };

    private static LineResult Result(int line, bool succeeded = true) => new(line, succeeded, Encoding.UTF8.GetBytes($"line {line}\n"))
    {
        Usage = new Usage(10, 20, 1),
        Charges = [new UsageEntry("alpha", "key_1", "m", InferenceEndpoint.ChatCompletions, "node", new Usage(10, 20, 1), Failed: false)],
        Endpoint = "/v1/chat/completions",
        Model = "m",
        NodeId = "node",
    };
}
