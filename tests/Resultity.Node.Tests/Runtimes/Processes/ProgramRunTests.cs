using System.Text;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Tests.Runtimes.Processes;

public sealed class ProgramRunTests : ChildTest
{
    [Fact]
    public async Task Input_goes_in_and_output_comes_out_at_the_same_time()
    {
        var input = new byte[3_000_000];
        Random.Shared.NextBytes(input);
        Assert.Equal(input, await Run("cat").RunAsync(Host, input, default));
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        var run = Run("") with { Program = "printf", Arguments = ["%s|", "a b", "$HOME", "'\"", ""] };
        Assert.Equal("a b|$HOME|'\"||", Encoding.UTF8.GetString(await run.RunAsync(Host, default, default)));
    }

    [Fact]
    public async Task A_failure_is_told_with_what_the_program_said()
    {
        var failure = await Assert.ThrowsAsync<ChildException>(() => Run("echo no such codec >&2; exit 3").RunAsync(Host, default, default));
        Assert.Contains("exit code 3", failure.Message);
        Assert.Contains("no such codec", failure.Message);
    }

    [Fact]
    public async Task A_program_that_does_not_read_its_input_is_no_failure()
    {
        Assert.Equal("done\n", Encoding.UTF8.GetString(await Run("echo done").RunAsync(Host, new byte[1_000_000], default)));
    }

    [Fact]
    public async Task One_that_takes_too_long_is_killed_with_its_tree()
    {
        NeedLinux();
        var failure = await Assert.ThrowsAsync<ChildException>(() =>
            (Run("setsid sleep 611 & sleep 611") with { Timeout = TimeSpan.FromMilliseconds(300) }).RunAsync(Host, default, default));
        Assert.Contains("did not end within 0.3 s", failure.Message);
        Assert.DoesNotContain(ProcessTable.Read(), static entry => CommandOf(entry.Id).Contains("sleep\0611", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_writes_too_much_is_killed()
    {
        var failure = await Assert.ThrowsAsync<ChildException>(() => (Run("cat /dev/zero") with { MaxOutput = 1_000_000 }).RunAsync(Host, default, default));
        Assert.Contains("more than 1000000 bytes", failure.Message);
    }

    [Fact]
    public async Task Cancelling_kills_it()
    {
        NeedLinux();
        using var cancel = new CancellationTokenSource();
        var running = Run("echo begun; sleep 612").RunAsync(Host, null, (_, _) => new ValueTask(cancel.CancelAsync()), cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.DoesNotContain(ProcessTable.Read(), static entry => CommandOf(entry.Id).Contains("sleep\0612", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_program_is_named()
    {
        var failure = await Assert.ThrowsAsync<ChildException>(() => (Run("") with { Program = "no-such-codec" }).RunAsync(Host, default, default));
        Assert.Contains("there is no program no-such-codec", failure.Message);
    }

    private static ProgramRun Run(string script) => new()
    {
        Program = "/bin/sh",
        Arguments = ["-c", script],
        Timeout = Patience,
        MaxOutput = 10_000_000,
    };

    private static string CommandOf(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
