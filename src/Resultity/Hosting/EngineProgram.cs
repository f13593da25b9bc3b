using Resultity.Node.Runtimes.Processes;

namespace Resultity.Hosting;

/// <summary>Where programs of engines are: below <c>$RESULTITY_ENGINES/bin</c>, else on the PATH.</summary>
internal static class EngineProgram
{
    private const string Variable = "RESULTITY_ENGINES";

    /// <summary>The path of a program, or what was asked for where there is none.</summary>
    /// <param name="program">A name, or a path, which is taken as it is.</param>
    /// <param name="variable">Reads the environment.</param>
    public static string Find(string program, Func<string, string?> variable) =>
        program == Path.GetFileName(program) && variable(Variable) is { Length: > 0 } engines && ProgramPath.Find(Path.Combine(engines, "bin", program)) is { } path ? path : program;
}
