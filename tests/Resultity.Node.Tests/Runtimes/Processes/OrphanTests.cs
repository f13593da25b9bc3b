using System.Diagnostics;
using System.Globalization;
using Resultity.Node.Runtimes.Processes;
using Resultity.TestKit.Processes;

namespace Resultity.Node.Tests.Runtimes.Processes;

/// <summary>An agent that is killed at any moment leaves nothing behind.</summary>
/// <remarks><c>RESULTITY_KILL_CYCLES</c> makes the killing go on until so many children have been started.</remarks>
public sealed class OrphanTests : ChildTest
{
    // Each child has a tree: a plain grandchild, and one in a session of its own.
    private const string Tree = "sleep 3600 & setsid sleep 3601 & exec \"$2\" --port=$1";

    [Fact]
    public async Task Killed_at_random_moments_an_agent_leaves_no_process_and_no_port()
    {
        NeedLinux();
        var goal = int.Parse(Environment.GetEnvironmentVariable("RESULTITY_KILL_CYCLES") ?? "25", CultureInfo.InvariantCulture);
        int cycles = 0, kills = 0;
        while (cycles < goal)
        {
            using var agent = Start();
            var ports = new List<int>();
            var lives = Random.Shared.Next(1, 10);
            while (ports.Count < lives && await agent.StandardOutput.ReadLineAsync() is { } line)
                if (line.Split(' ') is ["ready", _, var port])
                    ports.Add(int.Parse(port, CultureInfo.InvariantCulture));
            // Somewhere in the middle of whatever it does next.
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(0, 80)), TimeProvider.System, CancellationToken.None);
            var mark = MarkOf(Folder);
            agent.Kill();
            await agent.WaitForExitAsync();
            kills++;
            cycles += ports.Count;
            await UntilAsync(() => Bearing(mark).Count == 0, "the dead agent's children are gone");
            Assert.All(ports, static port => Assert.True(LoopbackPorts.IsFree(port), $"port {port} is held"));
        }
        // The guards go as well when they have nothing more to do.
        TestContext.Current.SendDiagnosticMessage($"{cycles} children started, {kills} agents killed");
        await UntilAsync(() => !GuardsOf(Folder).Any(), "no guard is left");
    }

    [Fact]
    public async Task What_outlived_the_guard_as_well_is_swept_away_at_the_next_start()
    {
        NeedLinux();
        var agent = Start("1");
        var ready = "";
        while (!ready.StartsWith("ready", StringComparison.Ordinal))
            ready = await agent.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the agent ended");
        // Stopped, so that nothing of it ends by itself before it is killed.
        var mark = MarkOf(Folder);
        foreach (var guard in GuardsOf(Folder))
            Process.GetProcessById(guard).Kill();
        agent.Kill();
        await agent.WaitForExitAsync();
        agent.Dispose();
        var left = Bearing(mark).Count;

        var swept = await Host.SweepAsync();
        Assert.Equal(left, swept);
        Assert.Empty(Bearing(mark));
        Assert.Empty(Directory.EnumerateFiles(Folder, "*.children"));
    }

    [Fact]
    public async Task The_sweep_leaves_the_children_of_living_agents_alone()
    {
        NeedLinux();
        await using var child = Shell("exec \"$2\" --port=$1");
        var instance = await child.EnsureReadyAsync(default);
        await using (var other = NewHost())
            Assert.Equal(0, await other.SweepAsync());
        Assert.False(instance.Exited.IsCompleted);
    }

    [Fact]
    public async Task A_guard_that_was_killed_is_replaced_with_the_next_child()
    {
        NeedLinux();
        await using var first = Shell("exec \"$2\" --port=$1");
        await first.EnsureReadyAsync(default);
        var guard = Assert.NotNull(Host.GuardId);
        Process.GetProcessById(guard).Kill();
        await UntilAsync(() => Host.GuardId is null, "the guard is dead");
        await using var second = Shell("exec \"$2\" --port=$1");
        await second.EnsureReadyAsync(default);
        Assert.NotEqual(guard, Assert.NotNull(Host.GuardId));
    }

    private Process Start(string children = "3") => Process.Start(
        BuiltProgram.StartInfo(BuiltProgram.Find("Resultity.FakeAgent"), [Folder, children, "/bin/sh", "-c", Tree, "sh", "{port}", Upstream]))!;

    private static string MarkOf(string folder) =>
        $"RESULTITY_CHILD_OF={Path.GetFileNameWithoutExtension(Directory.EnumerateFiles(folder, "*.children").OrderByDescending(File.GetCreationTimeUtc).First())}";

    private static List<ProcessEntry> Bearing(string mark) => [.. ProcessTable.Read().Where(entry => ProcessTable.HasVariable(entry.Id, mark))];

    private static IEnumerable<int> GuardsOf(string folder) => ProcessTable.Read().Select(static entry => entry.Id).Where(id => FolderOf(id) == folder && CommandOf(id).Contains("resultity-guard", StringComparison.Ordinal));

    private static string? FolderOf(int id) => TryRead(() => new FileInfo($"/proc/{id}/cwd").LinkTarget);

    private static string CommandOf(int id) => TryRead(() => File.ReadAllText($"/proc/{id}/cmdline")) ?? "";

    private static string? TryRead(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
