using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Node.Runtimes.Processes;
using Resultity.TestKit.Processes;

namespace Resultity.Node.Tests.Runtimes.Processes;

/// <summary>A host of child processes in a folder that goes with the test.</summary>
public abstract class ChildTest : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal ChildTest() => Host = NewHost();

    protected string Folder { get; } = Directory.CreateTempSubdirectory("resultity-children-").FullName;

    internal ChildHost Host { get; }

    protected static string Upstream { get; } = BuiltProgram.Find("Resultity.FakeUpstream");

    public virtual ValueTask InitializeAsync() => default;

    public virtual async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal ChildHost NewHost() => new(Folder, TimeProvider.System, Random.Shared, NullLogger<ChildHost>.Instance);

    /// <summary>A child that runs a shell script; <c>$1</c> is its port, <c>$2</c> the fake upstream's program.</summary>
    internal SupervisedChild Shell(string script, Func<ChildOptions, ChildOptions>? change = null)
    {
        var options = new ChildOptions
        {
            Name = "the child",
            Program = "/bin/sh",
            Arguments = port => ["-c", script, "sh", $"{port}", Upstream],
            Probe = ReadyProbe.Get("health"),
            StopTimeout = TimeSpan.FromSeconds(1),
        };
        return new SupervisedChild(Host, change?.Invoke(options) ?? options, NullLogger.Instance);
    }

    internal static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!condition())
        {
            if (patience.IsCancellationRequested)
                throw new TimeoutException($"not within {Patience.TotalSeconds:0} s: {what}");
            await timer.WaitForNextTickAsync();
        }
    }

    internal static void NeedLinux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "trees of processes are followed through /proc");
}
