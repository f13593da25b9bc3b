using System.Runtime.InteropServices;
using Resultity.Node.Agent;
using Resultity.Node.Hardware;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.Onnx;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Runtimes.Supervised;

namespace Resultity.Node.Doctor;

/// <summary>Examines this machine for what a node is to serve on it. Starts no model, writes nothing.</summary>
/// <param name="children">Asks the programs for their versions.</param>
public sealed class NodeDoctor(ChildHost children)
{
    /// <summary>Looks at everything once.</summary>
    /// <param name="task">What the node is to serve.</param>
    /// <param name="cancellation">Ends the examination.</param>
    public async Task<DoctorReport> ExamineAsync(DoctorTask task, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(task);
        var (family, name) = SystemFamilies.OfThis();
        var models = Models(task);
        var exam = new EngineExam(children, family);
        var engines = KnownEngine.All.Select(engine => exam.LookAsync(engine, task.Programs.GetValueOrDefault(engine.Name, engine.Name), Needs(task, engine), cancellation)).ToList();
        var (free, total) = SystemMemory.Read();
        return new DoctorReport
        {
            System = new SystemFacts
            {
                System = name,
                Architecture = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
                Processors = Environment.ProcessorCount,
                MemoryBytes = total,
                FreeMemoryBytes = free,
                ModelMemoryBytes = task.Supervised.MemoryBytes,
                Accelerators = await Accelerators.ReadAsync(children, cancellation),
                ModelsFolder = task.ModelsFolder,
                FreeDiskBytes = FreeDisk(task.ModelsFolder),
            },
            Engines = await Task.WhenAll(engines),
            Models = models,
        };
    }

    private static bool Needs(DoctorTask task, KnownEngine engine) => task.NeededPrograms.Contains(engine.Name);

    private static List<ModelFinding> Models(DoctorTask task)
    {
        var found = new List<ModelFinding>();
        foreach (var folder in task.Folders)
        {
            try
            {
                found.AddRange(ModelFolder.Find([folder]).Select(static model => new ModelFinding { Name = model.Name, Runtime = OnnxRuntime.Kind, Path = model.Path }));
            }
            catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or RuntimeStartException)
            {
                found.Add(new ModelFinding { Name = Path.GetFileName(folder), Runtime = OnnxRuntime.Kind, Path = folder, Problem = wrong.Message });
            }
        }

        found.AddRange(task.Supervised.Models.Select(model => new ModelFinding
        {
            Name = model.Name,
            Runtime = model.Kind,
            Path = model.Path,
            MemoryBytes = model.MemoryBytes > 0 ? model.MemoryBytes : null,
            Problem = ProblemOf(model, task.Supervised),
        }));
        return found;
    }

    private static string? ProblemOf(SupervisedModel model, SupervisedOptions options) =>
        ProgramPath.Find(model.Program) is null ? $"its program {model.Program} is not there."
        : model.MemoryBytes > options.MemoryBytes ? $"it needs about {model.MemoryBytes >> 20} MB of memory, and models may take {options.MemoryBytes >> 20} MB (node.memory_mb)."
        : null;

    // Of the nearest folder above that is there: the models folder comes with the first model.
    private static long FreeDisk(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if (at.Exists)
                return new DriveInfo(at.FullName).AvailableFreeSpace;
        return 0;
    }
}

/// <summary>What a node is to serve, as far as a doctor has to know.</summary>
public sealed record DoctorTask
{
    /// <summary>Folders of ONNX models.</summary>
    public required IReadOnlyList<string> Folders { get; init; }

    /// <summary>Models with server programs of their own, and the memory that models may take.</summary>
    public required SupervisedOptions Supervised { get; init; }

    /// <summary>Where pulled models go.</summary>
    public required string ModelsFolder { get; init; }

    /// <summary>Paths or names of programs that are configured otherwise than by their own name.</summary>
    public required IReadOnlyDictionary<string, string> Programs { get; init; }

    /// <summary>Names of the programs that what the node is to serve cannot do without.</summary>
    public required IReadOnlySet<string> NeededPrograms { get; init; }
}
