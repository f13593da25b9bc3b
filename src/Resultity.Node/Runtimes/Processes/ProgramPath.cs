namespace Resultity.Node.Runtimes.Processes;

/// <summary>Finds programs as a shell does.</summary>
public static class ProgramPath
{
    /// <summary>The full path of a program, or <see langword="null"/> if there is none that can be run.</summary>
    /// <param name="program">A name, looked up on the PATH, or a path.</param>
    public static string? Find(string program)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        if (program.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) || program.Contains(Path.AltDirectorySeparatorChar, StringComparison.Ordinal))
            return Candidates(Path.GetFullPath(program)).FirstOrDefault(CanRun);
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(Path.IsPathRooted)
            .SelectMany(folder => Candidates(Path.Combine(folder, program)))
            .FirstOrDefault(CanRun);
    }

    private static IEnumerable<string> Candidates(string path) => OperatingSystem.IsWindows() && !Path.HasExtension(path) ? [path + ".exe", path + ".cmd"] : [path];

    private static bool CanRun(string path)
    {
        try
        {
            const UnixFileMode execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & execute) != 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
