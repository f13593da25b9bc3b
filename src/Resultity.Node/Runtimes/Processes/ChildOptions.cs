namespace Resultity.Node.Runtimes.Processes;

/// <summary>How a supervised child process is started, when it counts as ready, and what becomes of it when it ends.</summary>
public sealed record ChildOptions
{
    /// <summary>What people call it, in logs and errors, such as <c>llama-server (qwen)</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The program: a path, or a name on the PATH.</summary>
    public required string Program { get; init; }

    /// <summary>Makes the arguments from the loopback port that the child is to listen on.</summary>
    public required Func<int, IReadOnlyList<string>> Arguments { get; init; }

    /// <summary>Whether the child serves. Asked again and again until it says true; an exception of the network means "not yet".</summary>
    /// <remarks>Use <see cref="ReadyProbe"/>, or ask the child something that only a loaded model can answer.</remarks>
    public required Func<ChildInstance, CancellationToken, ValueTask<bool>> Probe { get; init; }

    /// <summary>How long one question of the probe may take.</summary>
    /// <value>2 seconds</value>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The wait between two questions of the probe.</summary>
    /// <value>50 ms</value>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long the child may take until it is ready.</summary>
    /// <value>5 minutes</value>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a child that was told to end may take before it is killed.</summary>
    /// <value>5 seconds</value>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether a child that ended unasked is started again by itself, after the backoff, once it was wanted.</summary>
    /// <value>false: the next <see cref="SupervisedChild.EnsureReadyAsync"/> starts it.</value>
    public bool KeepRunning { get; init; }

    /// <summary>The longest wait before a child that keeps failing is started again. The first restart is immediate, then 1 s, doubling.</summary>
    /// <value>1 minute</value>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Variables for the child alone.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of this process's variables that the child gets beyond the harmless ones; nothing else of the environment reaches it.</summary>
    public IReadOnlyList<string> PassedVariables { get; init; } = [];

    /// <summary>The child's working directory.</summary>
    /// <value>A folder of the node's own.</value>
    public string? WorkingFolder { get; init; }

    /// <summary>Gets each line that the child writes, on any thread; must return at once.</summary>
    public Action<string>? Line { get; init; }
}
