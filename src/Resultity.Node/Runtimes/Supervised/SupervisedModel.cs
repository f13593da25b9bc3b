using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Runtimes.WhisperCpp;

namespace Resultity.Node.Runtimes.Supervised;

/// <summary>A model that a server program of its own serves: how the program is started, and what it offers.</summary>
public sealed record SupervisedModel
{
    /// <summary>The name that clients use.</summary>
    public required string Name { get; init; }

    /// <summary>The model's file; <see langword="null"/> where only the program knows it.</summary>
    public string? Path { get; init; }

    /// <summary>The program: a path, or a name on the PATH.</summary>
    public required string Program { get; init; }

    /// <summary>Makes the arguments from the loopback port that it is to listen on.</summary>
    public required Func<int, IReadOnlyList<string>> Arguments { get; init; }

    /// <summary>The kind of server, for operators, such as <c>llama.cpp</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The paths that it serves.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>Whether it serves, asked until it does.</summary>
    public Func<ChildInstance, CancellationToken, ValueTask<bool>> Probe { get; init; } = ReadyProbe.Get("v1/models");

    /// <summary>How long it may take to load.</summary>
    /// <value>10 minutes</value>
    public TimeSpan LoadTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a stream's first token may take. A program that gives nothing to anybody for so long is killed and started again.</summary>
    /// <value>5 minutes: a long prompt on a slow machine takes its time.</value>
    public TimeSpan FirstTokenTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether it goes on from an unfinished assistant message (<c>continue_final_message</c>).</summary>
    public bool ContinuesPrefix { get; init; }

    /// <summary>How many requests it runs at once.</summary>
    /// <value>1</value>
    public int Slots { get; init; } = 1;

    /// <summary>The most tokens of prompt and answer together, where known.</summary>
    public int? ContextLength { get; init; }

    /// <summary>The memory that it takes once it is loaded, in bytes; zero where it is not known, and then it does not count.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>What is known of a model that whisper-server serves, which speaks a protocol of its own.</summary>
    internal WhisperFacts? Whisper { get; init; }

    /// <summary>Names of this process's variables that it gets beyond the harmless ones.</summary>
    public IReadOnlyList<string> PassedVariables { get; init; } = [];
}

/// <summary>What the server programs of a node may use together.</summary>
public sealed record SupervisedOptions
{
    /// <summary>The models.</summary>
    public required IReadOnlyList<SupervisedModel> Models { get; init; }

    /// <summary>The memory for all that are loaded at once, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>How long a model stays once it is loaded, so that two that do not fit together do not take turns with every request.</summary>
    /// <value>5 seconds</value>
    public TimeSpan Residence { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What sound may take.</summary>
    public AudioLimits Audio { get; init; } = new();
}
