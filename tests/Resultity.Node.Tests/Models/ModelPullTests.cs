using System.Text.Json.Nodes;
using Resultity.Node.Models;

namespace Resultity.Node.Tests.Models;

public sealed class ModelPullTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-pull-").FullName;
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private LocalHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = (await LocalHub.StartAsync()).WithModel();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _hub.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_model_arrives_whole_with_only_the_files_it_needs()
    {
        var target = await PullAsync();
        Assert.Equal(Path.Combine(_folder, "tiny"), target);
        Assert.Equal(["config.json", "onnx/model.onnx", "resultity-origin.json", "tokenizer.json"], FilesOf(target));
        Assert.Equal(_hub.Bytes("onnx/model.onnx"), await File.ReadAllBytesAsync(Path.Combine(target, "onnx/model.onnx")));
    }

    [Fact]
    public async Task A_variant_brings_its_external_weights()
    {
        var target = await PullAsync(variant: "q4");
        Assert.Equal(["config.json", "onnx/model_q4.onnx", "onnx/model_q4.onnx_data", "resultity-origin.json", "tokenizer.json"], FilesOf(target));
    }

    [Fact]
    public async Task A_missing_variant_names_those_there_are()
    {
        var failure = await Assert.ThrowsAsync<PullException>(() => PullAsync(variant: "int8"));
        Assert.Equal(PullFailure.NotFound, failure.Failure);
        Assert.Contains("full, q4", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cut_connections_are_resumed_where_they_broke()
    {
        (_hub.CutAfter, _hub.Cuts) = (200_000, 3);
        var target = await PullAsync();
        Assert.Equal(_hub.Bytes("onnx/model.onnx"), await File.ReadAllBytesAsync(Path.Combine(target, "onnx/model.onnx")));
        var tries = _hub.Requests.Where(request => request.Path == "onnx/model.onnx").Select(request => request.From).ToList();
        Assert.Equal(4, tries.Count);
        Assert.Equal(tries.Order(), tries);
        Assert.True(tries[1] > 0, "the second try asks for the rest only");
    }

    [Fact]
    public async Task A_later_pull_goes_on_where_a_failed_one_stopped()
    {
        (_hub.CutAfter, _hub.Cuts) = (300_000, 1);
        var failure = await Assert.ThrowsAsync<PullException>(() => PullAsync(attempts: 1));
        Assert.Equal(PullFailure.Unreachable, failure.Failure);
        Assert.False(Directory.Exists(Path.Combine(_folder, "tiny")), "a model is never there in part");

        _hub.Requests.Clear();
        await PullAsync(attempts: 1);
        var again = Assert.Single(_hub.Requests);
        Assert.True(again.From > 0);
    }

    [Fact]
    public async Task A_hub_that_ignores_ranges_is_read_from_the_start()
    {
        (_hub.CutAfter, _hub.Cuts, _hub.IgnoresRanges) = (200_000, 1, true);
        var target = await PullAsync();
        Assert.Equal(_hub.Bytes("onnx/model.onnx"), await File.ReadAllBytesAsync(Path.Combine(target, "onnx/model.onnx")));
    }

    [Fact]
    public async Task A_wrong_range_is_not_appended()
    {
        (_hub.CutAfter, _hub.Cuts, _hub.AnswersWrongRanges) = (200_000, 1, true);
        var target = await PullAsync();
        Assert.Equal(_hub.Bytes("onnx/model.onnx"), await File.ReadAllBytesAsync(Path.Combine(target, "onnx/model.onnx")));
    }

    [Fact]
    public async Task Wrong_bytes_are_fetched_anew_once_and_then_refused()
    {
        _hub.FlipsByteTimes = 1;
        await PullAsync();
        _hub.FlipsByteTimes = 2;
        var failure = await Assert.ThrowsAsync<PullException>(() => PullAsync(name: "other"));
        Assert.Equal(PullFailure.Corrupt, failure.Failure);
        Assert.False(Directory.Exists(Path.Combine(_folder, "other")));
    }

    [Fact]
    public async Task A_small_file_with_another_content_is_refused_too()
    {
        _hub.Serve = bytes => bytes.Length == 2 ? "[]"u8.ToArray() : bytes;
        var failure = await Assert.ThrowsAsync<PullException>(() => PullAsync());
        Assert.Equal(PullFailure.Corrupt, failure.Failure);
        Assert.Contains("config.json", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_bytes_than_announced_are_refused_before_they_fill_the_disk()
    {
        _hub.Serve = bytes => [.. bytes, .. bytes];
        Assert.Equal(PullFailure.Corrupt, (await Assert.ThrowsAsync<PullException>(() => PullAsync())).Failure);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("onnx/../../outside")]
    [InlineData("a\\..\\b")]
    [InlineData("C:/windows")]
    [InlineData("dir/./x")]
    public async Task Paths_that_leave_the_folder_are_refused(string path)
    {
        _hub.Announce = entry =>
        {
            if ((string?)entry["path"] == "README.md") entry["path"] = path;
            return entry;
        };
        Assert.Equal(PullFailure.Corrupt, (await Assert.ThrowsAsync<PullException>(() => PullAsync())).Failure);
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task A_model_larger_than_the_disk_is_refused_before_it_is_fetched()
    {
        _hub.Announce = entry =>
        {
            if (entry["lfs"] is JsonObject large) large["size"] = long.MaxValue / 4;
            return entry;
        };
        Assert.Equal(PullFailure.NoSpace, (await Assert.ThrowsAsync<PullException>(() => PullAsync())).Failure);
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task A_list_in_pages_is_read_to_its_end()
    {
        _hub.PageSize = 2;
        Assert.Equal(["config.json", "onnx/model.onnx", "resultity-origin.json", "tokenizer.json"], FilesOf(await PullAsync()));
    }

    [Fact]
    public async Task A_gated_model_asks_for_a_token()
    {
        _hub.WantedToken = "hf_secret";
        var failure = await Assert.ThrowsAsync<PullException>(() => PullAsync());
        Assert.Equal(PullFailure.Refused, failure.Failure);
        Assert.Contains("HF_TOKEN", failure.Message, StringComparison.Ordinal);
        await PullAsync(token: "hf_secret");
    }

    [Fact]
    public async Task A_hub_that_falls_silent_is_given_up()
    {
        _hub.Stalls = true;
        var failure = await Assert.ThrowsAsync<PullException>(() => PullAsync(attempts: 2, stall: TimeSpan.FromMilliseconds(200)));
        Assert.Equal(PullFailure.Unreachable, failure.Failure);
    }

    [Fact]
    public async Task A_model_that_is_there_is_replaced_only_on_request()
    {
        var target = await PullAsync();
        await File.WriteAllTextAsync(Path.Combine(target, "mine.txt"), "mine");
        Assert.Equal(PullFailure.Invalid, (await Assert.ThrowsAsync<PullException>(() => PullAsync())).Failure);
        await PullAsync(replace: true);
        Assert.False(File.Exists(Path.Combine(target, "mine.txt")));
        Assert.True(File.Exists(Path.Combine(target, "config.json")));
    }

    [Fact]
    public async Task Two_pulls_of_one_model_do_not_mix()
    {
        _hub.Stalls = true;
        using var stop = new CancellationTokenSource();
        var first = PullAsync(stall: TimeSpan.FromMinutes(1), cancellation: stop.Token);
        while (_hub.Requests.IsEmpty) await Task.Yield();
        Assert.Equal(PullFailure.Invalid, (await Assert.ThrowsAsync<PullException>(() => PullAsync())).Failure);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Theory]
    [InlineData("no-owner")]
    [InlineData("../../etc")]
    [InlineData("a/b/c")]
    [InlineData("a/..")]
    [InlineData("owner/name@../x")]
    [InlineData("owner/na me")]
    public void Names_that_are_no_repository_are_refused(string name) =>
        Assert.Equal(PullFailure.Invalid, Assert.Throws<PullException>(() => HubRepository.Parse(name)).Failure);

    private static string[] FilesOf(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private Task<string> PullAsync(
        string? name = null, string? variant = null, int attempts = 6, bool replace = false, string? token = null, TimeSpan? stall = null, CancellationToken cancellation = default)
    {
        var options = new PullOptions
        {
            Hub = _hub.Url,
            ModelsFolder = _folder,
            Token = token,
            Attempts = attempts,
            RetryDelay = TimeSpan.FromMilliseconds(1),
            StallTimeout = stall ?? TimeSpan.FromSeconds(30),
            SpareBytes = 0,
        };
        return new ModelPull(_http, options, TimeProvider.System).RunAsync(HubRepository.Parse("owner/tiny"), name, variant, replace, null, cancellation);
    }
}
