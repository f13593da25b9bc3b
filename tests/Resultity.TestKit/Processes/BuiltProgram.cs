using System.Diagnostics;

namespace Resultity.TestKit.Processes;

/// <summary>Finds the executables of this solution's other projects beside the running test's.</summary>
public static class BuiltProgram
{
    /// <summary>The path of a project's executable, built in the same configuration as the running test.</summary>
    /// <param name="project">The project's name, which is its folder among the build's outputs.</param>
    /// <param name="executable">The executable's name where it is not the project's.</param>
    public static string Find(string project, string? executable = null)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var name = (executable ?? project) + (OperatingSystem.IsWindows() ? ".exe" : "");
        var path = Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{project} is not built: add it to the test's project references", path);
    }

    /// <summary>How to start a program with its output, errors and input redirected.</summary>
    public static ProcessStartInfo StartInfo(string path, params IEnumerable<string> arguments) => new(path, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
}
