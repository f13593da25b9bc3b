using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Batches;

/// <summary>Batches and files from the command line, against a running gateway.</summary>
public sealed class BatchCliTests : IAsyncLifetime
{
    private readonly string _file = Path.GetTempFileName();
    private FakeUpstreamProcess _upstream = null!;
    private Installation _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _upstream = await FakeUpstreamProcess.StartAsync("--echo=text");
        _gateway = await Installation.StartAsync("up", "--builtin", "never", "--openai", _upstream.Address.ToString());
        await File.WriteAllLinesAsync(_file, Enumerable.Range(1, 5).Select(static number => Line($"line-{number}", "")));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
        File.Delete(_file);
    }

    [Fact]
    public async Task A_batch_is_submitted_watched_and_fetched()
    {
        var (code, id, errors) = await _gateway.CliAsync("batch", "submit", _file, "--metadata", "job=test");
        Assert.True(code == 0, errors);
        id = id.Trim();
        Assert.StartsWith("batch_", id, StringComparison.Ordinal);
        Assert.Equal((0, "completed"), await ShortAsync("batch", "watch", id));
        var (_, results, _) = await _gateway.CliAsync("batch", "results", id);
        Assert.Equal(5, results.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        var (_, list, _) = await _gateway.CliAsync("batch", "list");
        Assert.Contains(id, list, StringComparison.Ordinal);
        var (_, shown, _) = await _gateway.CliAsync("batch", "show", id);
        Assert.Contains("5, 5 completed, 0 failed", shown, StringComparison.Ordinal);
        var (refused, _, why) = await _gateway.CliAsync("batch", "cancel", id);
        Assert.Equal(1, refused);
        Assert.Contains("cannot be cancelled", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failures_show_in_the_exit_code_and_are_run_again()
    {
        await File.AppendAllLinesAsync(_file, [Line("hot", ""","temperature":9""")]);
        var (code, results, errors) = await _gateway.CliAsync("batch", "submit", _file, "--wait");
        Assert.Equal((1, 5), (code, results.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.Contains("1 of 6 requests", errors, StringComparison.Ordinal);
        var id = errors.Split('\n').First(static line => line.StartsWith("batch_", StringComparison.Ordinal)).Trim();
        var (again, _, _) = await _gateway.CliAsync("batch", "retry", id, "--wait");
        Assert.Equal(1, again);
        var (_, failed, _) = await _gateway.CliAsync("batch", "results", id, "--status", "failed");
        Assert.Contains("temperature", failed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_that_are_wrong_are_told_by_their_numbers()
    {
        await File.AppendAllLinesAsync(_file, ["{"]);
        var (code, _, errors) = await _gateway.CliAsync("batch", "submit", _file, "--wait");
        Assert.Equal(1, code);
        Assert.Contains("line 6: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_uploaded_listed_downloaded_and_deleted()
    {
        var (code, id, errors) = await _gateway.CliAsync("files", "upload", _file);
        Assert.True(code == 0, errors);
        id = id.Trim();
        var (_, list, _) = await _gateway.CliAsync("files", "list", "--purpose", "user_data");
        Assert.Contains(id, list, StringComparison.Ordinal);
        var copy = _file + ".copy";
        await File.WriteAllTextAsync(copy + ".part", (await File.ReadAllTextAsync(_file))[..20]);
        Assert.Equal((0, ""), await ShortAsync("files", "content", id, "--output", copy));
        Assert.Equal(await File.ReadAllTextAsync(_file), await File.ReadAllTextAsync(copy));
        File.Delete(copy);
        var (_, printed, _) = await _gateway.CliAsync("files", "content", id);
        Assert.Equal(await File.ReadAllTextAsync(_file), printed);
        Assert.Equal((0, "deleted"), await ShortAsync("files", "delete", id));
        Assert.Equal(3, (await _gateway.CliAsync("files", "show", id)).Code);
    }

    private async Task<(int, string)> ShortAsync(params string[] arguments)
    {
        var (code, output, _) = await _gateway.CliAsync(arguments);
        return (code, output.Trim());
    }

    private static string Line(string id, string more) =>
        $$$"""{"custom_id":"{{{id}}}","method":"POST","url":"/v1/chat/completions","body":{"model":"stub-model","messages":[{"role":"user","content":"Hello"}]{{{more}}}}}""";
}
