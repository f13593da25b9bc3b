using System.Net;
using System.Net.Sockets;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Tests.Runtimes.Processes;

public sealed class SupervisedChildTests : ChildTest
{
    private const string Serve = "exec \"$2\" --port=$1";

    [Fact]
    public async Task All_who_need_a_child_at_once_get_the_same_one()
    {
        await using var child = Shell(Serve);
        var instances = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => child.EnsureReadyAsync(default)));
        Assert.Single(instances.Select(static instance => instance.Id).Distinct());
        Assert.Equal(ChildState.Ready, child.State);
        using var http = new HttpClient();
        Assert.Contains("ok", await http.GetStringAsync(new Uri(instances[0].Address, "health")));
    }

    [Fact]
    public async Task Readiness_is_what_the_probe_says_not_that_the_process_runs()
    {
        await using var child = Shell("exec \"$2\" --port=$1 --load=600ms");
        var states = new List<ChildState>();
        child.Changed += () => states.Add(child.State);
        var started = TimeProvider.System.GetTimestamp();
        await child.EnsureReadyAsync(default);
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(590));
    }

    [Fact]
    public async Task A_child_that_dies_while_starting_is_told_with_its_reason_and_its_last_words()
    {
        await using var child = Shell("echo reading weights; echo tensor 7 is broken >&2; kill -SEGV $$");
        var failure = await Assert.ThrowsAsync<ChildException>(() => child.EnsureReadyAsync(default));
        Assert.Contains("crashed (SIGSEGV) before it was ready", failure.Message);
        Assert.Contains("reading weights", failure.Message);
        Assert.Contains("tensor 7 is broken", failure.Message);
        Assert.Equal(failure.Message, child.Failure);
    }

    [Fact]
    public async Task A_child_that_never_gets_ready_is_killed_when_its_time_is_over()
    {
        await using var child = Shell("exec sleep 600", static options => options with { StartTimeout = TimeSpan.FromMilliseconds(300) });
        var failure = await Assert.ThrowsAsync<ChildException>(() => child.EnsureReadyAsync(default));
        Assert.Contains("not ready after 0.3 s", failure.Message);
    }

    [Fact]
    public async Task A_missing_program_is_named()
    {
        await using var child = Shell("", static options => options with { Program = "no-such-engine" });
        var failure = await Assert.ThrowsAsync<ChildException>(() => child.EnsureReadyAsync(default));
        Assert.Contains("there is no program no-such-engine", failure.Message);
    }

    [Fact]
    public async Task A_killed_child_starts_again_at_once_but_not_forever()
    {
        NeedLinux();
        await using var child = Shell(Serve);
        var first = await child.EnsureReadyAsync(default);
        KillNow(first.Id);
        await first.Exited;
        await UntilAsync(() => child.State == ChildState.Stopped, "the loss was noticed");
        Assert.Contains("was killed (SIGKILL)", child.Failure);

        var second = await child.EnsureReadyAsync(default);
        Assert.NotEqual(first.Id, second.Id);
        KillNow(second.Id);
        await second.Exited;
        await UntilAsync(() => child.State != ChildState.Ready, "the loss was noticed");
        var refused = await Assert.ThrowsAsync<ChildException>(() => child.EnsureReadyAsync(default));
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await UntilAsync(() => child.State == ChildState.Stopped, "the backoff is over");
        Assert.NotEqual(second.Id, (await child.EnsureReadyAsync(default)).Id);
    }

    [Fact]
    public async Task A_child_to_be_kept_comes_back_by_itself()
    {
        NeedLinux();
        await using var child = Shell(Serve, static options => options with { KeepRunning = true });
        var first = await child.EnsureReadyAsync(default);
        KillNow(first.Id);
        await first.Exited;
        await UntilAsync(() => child.State != ChildState.Ready, "the loss was noticed");
        await UntilAsync(() => child.State == ChildState.Ready, "it is back");
        Assert.NotEqual(first.Id, (await child.EnsureReadyAsync(default)).Id);
    }

    [Fact]
    public async Task Stopping_ends_the_whole_tree_however_it_resists()
    {
        NeedLinux();
        // One that ignores the request, one in a session of its own, one whose parent has gone, one that hides its environment.
        await using var child = Shell("""
            (trap '' TERM; while :; do sleep 600; done) &
            setsid sleep 601 &
            (sleep 602 &)
            env -i sleep 603 &
            exec "$2" --port=$1 --ignore-sigterm
            """);
        var instance = await child.EnsureReadyAsync(default);
        await UntilAsync(() => Tree(instance).Count >= 6, "its tree has grown");
        var tree = Tree(instance);
        await child.StopAsync();
        Assert.Equal(ChildState.Stopped, child.State);
        Assert.DoesNotContain(tree, entry => ProcessTable.Find(entry.Id) is { } living && living.Started == entry.Started);
        Assert.True(LoopbackPorts.IsFree(instance.Port));
        await child.StopAsync();
    }

    [Fact]
    public async Task Stopping_a_start_tells_those_who_wait_and_the_next_need_starts_it_again()
    {
        await using var child = Shell("exec \"$2\" --port=$1 --load=1m");
        var waiting = child.EnsureReadyAsync(default);
        await UntilAsync(() => child.State == ChildState.Starting, "it is starting");
        var stopping = child.StopAsync();
        var again = child.EnsureReadyAsync(default);
        Assert.Contains("was stopped while it was starting", (await Assert.ThrowsAsync<ChildException>(() => waiting)).Message);
        await stopping;
        Assert.Equal(ChildState.Starting, child.State);
        Assert.False(again.IsCompleted);
        _ = again.ContinueWith(static task => task.Exception, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_caller_that_gives_up_does_not_stop_the_start()
    {
        await using var child = Shell("exec \"$2\" --port=$1 --load=300ms");
        using var cancel = new CancellationTokenSource();
        var impatient = child.EnsureReadyAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        await UntilAsync(() => child.State == ChildState.Ready, "it got ready all the same");
    }

    [Fact]
    public async Task A_port_that_was_taken_meanwhile_is_exchanged()
    {
        var taken = new List<Socket>();
        await using var child = Shell(Serve, options => options with
        {
            Arguments = port =>
            {
                if (taken.Count < 2)
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                    socket.Listen();
                    taken.Add(socket);
                }
                return options.Arguments(port);
            },
            Probe = static async (instance, cancellation) => !instance.Exited.IsCompleted && await ReadyProbe.Get("health")(instance, cancellation),
        });
        var instance = await child.EnsureReadyAsync(default);
        Assert.DoesNotContain(instance.Port, taken.Select(static socket => ((IPEndPoint)socket.LocalEndPoint!).Port));
        taken.ForEach(static socket => socket.Dispose());
    }

    [Fact]
    public async Task A_child_sees_what_it_needs_of_the_environment_and_no_secret()
    {
        Environment.SetEnvironmentVariable("RESULTITY_TEST_SECRET", "rk_hidden");
        Environment.SetEnvironmentVariable("RESULTITY_TEST_PASSED", "let through");
        await using var child = Shell($"env; cat; echo input has ended; {Serve}", static options => options with
        {
            Environment = new Dictionary<string, string> { ["GIVEN"] = "for it alone" },
            PassedVariables = ["RESULTITY_TEST_PASSED"],
        });
        var lines = (await child.EnsureReadyAsync(default)).Log.Last();
        Assert.Contains("GIVEN=for it alone", lines);
        Assert.Contains("RESULTITY_TEST_PASSED=let through", lines);
        Assert.Contains("input has ended", lines);
        Assert.Contains(lines, static line => line.StartsWith("PATH=", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static line => line.Contains("rk_hidden", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_chatty_child_writes_is_kept_within_bounds()
    {
        await using var child = Shell($"head -c 3000000 /dev/zero | tr '\\0' x; i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done; {Serve}");
        var lines = (await child.EnsureReadyAsync(default)).Log.Last();
        Assert.True(lines.Count <= 200);
        Assert.All(lines, static line => Assert.True(line.Length <= LogRing.LongestLine + 1));
        Assert.Contains("line 999", lines);
    }

    [Fact]
    public async Task A_condemned_instance_is_killed_and_its_successor_is_left_alone()
    {
        await using var child = Shell(Serve);
        var first = await child.EnsureReadyAsync(default);
        await child.CondemnAsync(first, "it did not answer");
        Assert.Contains("was killed because it did not answer", child.Failure);
        Assert.True(first.Gone.IsCancellationRequested);
        var second = await child.EnsureReadyAsync(default);
        await child.CondemnAsync(first, "late news");
        Assert.Equal(ChildState.Ready, child.State);
        Assert.False(second.Exited.IsCompleted);
    }

    private static List<ProcessEntry> Tree(ChildInstance instance) =>
        [.. ProcessTable.Read().Where(entry => entry.Session == instance.Id || ProcessTable.HasVariable(entry.Id, instance.Mark))];

    private static void KillNow(int id) => System.Diagnostics.Process.GetProcessById(id).Kill();
}
