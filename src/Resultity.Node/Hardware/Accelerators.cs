using System.Globalization;
using System.Text;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Hardware;

/// <summary>Asks the system for its accelerators. NVIDIA's are known by <c>nvidia-smi</c>, which comes with their driver.</summary>
public static class Accelerators
{
    private const string Program = "nvidia-smi";
    private const int Most = 64;

    /// <summary>The accelerators; empty where there are none, or where their driver does not answer.</summary>
    public static async Task<IReadOnlyList<Accelerator>> ReadAsync(ChildHost children, CancellationToken cancellation)
    {
        if (ProgramPath.Find(Program) is not { } program)
            return [];
        var run = new ProgramRun
        {
            Program = program,
            Arguments = ["--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"],
            Timeout = TimeSpan.FromSeconds(10),
            MaxOutput = 64 * 1024,
        };
        try
        {
            return Parse(Encoding.UTF8.GetString(await run.RunAsync(children, default, cancellation)));
        }
        catch (ChildException)
        {
            return [];
        }
    }

    /// <summary>Reads lines of name, megabytes and free megabytes; what is none is left out.</summary>
    internal static IReadOnlyList<Accelerator> Parse(string lines)
    {
        var found = new List<Accelerator>();
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(Most))
        {
            var cells = line.Split(',', StringSplitOptions.TrimEntries);
            if (cells.Length >= 3 && Megabytes(cells[^2]) is { } total && Megabytes(cells[^1]) is { } free)
                found.Add(new Accelerator(string.Join(", ", cells[..^2]), total, Math.Min(free, total)));
        }
        return found;
    }

    private static long? Megabytes(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes) ? (long)megabytes << 20 : null;
}
