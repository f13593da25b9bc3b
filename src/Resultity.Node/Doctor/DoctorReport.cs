using System.Text.Json.Serialization;
using Resultity.Node.Hardware;

namespace Resultity.Node.Doctor;

/// <summary>What a machine has for running models, and what it lacks for what it is to serve.</summary>
public sealed record DoctorReport
{
    /// <summary>The machine.</summary>
    public required SystemFacts System { get; init; }

    /// <summary>Every program that a node can use, there or not.</summary>
    public required IReadOnlyList<EngineFinding> Engines { get; init; }

    /// <summary>The models that the node is to serve.</summary>
    public required IReadOnlyList<ModelFinding> Models { get; init; }

    /// <summary>What keeps the node from serving what it is to serve, each as a sentence; empty when nothing does.</summary>
    public IReadOnlyList<string> Problems =>
    [
        .. Engines.Where(static engine => engine is { Needed: true, Works: false }).Select(static engine => $"{engine.Name}: {engine.Problem}"),
        .. Models.Where(static model => model.Problem is not null).Select(static model => $"{model.Name}: {model.Problem}"),
    ];

    /// <summary>Whether the node can serve all that it is to serve.</summary>
    public bool Ok => Problems.Count == 0;
}

/// <summary>A machine, as engines see it.</summary>
public sealed record SystemFacts
{
    /// <summary>The system's name and version, such as <c>Debian GNU/Linux 12 (bookworm)</c>.</summary>
    public required string System { get; init; }

    /// <summary>The processor's kind, such as <c>x64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>How many processors programs can use.</summary>
    public required int Processors { get; init; }

    /// <summary>The memory, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>What of it is free, in bytes.</summary>
    public required long FreeMemoryBytes { get; init; }

    /// <summary>What models may take together, in bytes.</summary>
    public required long ModelMemoryBytes { get; init; }

    /// <summary>Processors with memory of their own.</summary>
    public required IReadOnlyList<Accelerator> Accelerators { get; init; }

    /// <summary>Where pulled models go.</summary>
    public required string ModelsFolder { get; init; }

    /// <summary>What is free on that folder's disk, in bytes.</summary>
    public required long FreeDiskBytes { get; init; }
}

/// <summary>One program that a node can use.</summary>
public sealed record EngineFinding
{
    /// <summary>The program's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required string Serves { get; init; }

    /// <summary>Whether the node needs it for what it is to serve.</summary>
    public required bool Needed { get; init; }

    /// <summary>Where it is; absent when it is not there.</summary>
    public string? Path { get; init; }

    /// <summary>Its version, where it tells one.</summary>
    public string? Version { get; init; }

    /// <summary>Why it cannot be used; absent when it can.</summary>
    public string? Problem { get; init; }

    /// <summary>How to get it on this system; absent when it works.</summary>
    public string? Advice { get; init; }

    /// <summary>Whether it is there and runs.</summary>
    [JsonIgnore]
    public bool Works => Problem is null;
}

/// <summary>One model that the node is to serve.</summary>
public sealed record ModelFinding
{
    /// <summary>The name that clients use.</summary>
    public required string Name { get; init; }

    /// <summary>What serves it, such as <c>onnx</c> or <c>llama.cpp</c>.</summary>
    public required string Runtime { get; init; }

    /// <summary>Its file or folder; absent for a command.</summary>
    public string? Path { get; init; }

    /// <summary>The memory that it is reckoned with, in bytes; absent where it is not known.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Why it cannot be served; absent when nothing is known against it.</summary>
    public string? Problem { get; init; }
}

/// <summary>JSON of <see cref="DoctorReport"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DoctorReport))]
public sealed partial class DoctorJson : JsonSerializerContext;
