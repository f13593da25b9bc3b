using System.Globalization;
using System.Text;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>One line of the system's list of processes.</summary>
/// <param name="Id">The process.</param>
/// <param name="Parent">Its parent.</param>
/// <param name="Session">Its session, which is the id of the process that began it.</param>
/// <param name="Started">When it began, in the system's ticks since it was booted: with the id, names a process for as long as the system runs.</param>
internal readonly record struct ProcessEntry(int Id, int Parent, int Session, long Started);

/// <summary>The system's processes as <c>/proc</c> tells them. Empty where there is no <c>/proc</c>.</summary>
internal static class ProcessTable
{
    private const string Root = "/proc";

    /// <summary>Changes with each boot of the system.</summary>
    public static string BootId { get; } = TryRead("/proc/sys/kernel/random/boot_id")?.Trim() ?? "none";

    /// <summary>All that live; those that have ended and only wait to be noticed are left out.</summary>
    public static List<ProcessEntry> Read()
    {
        var result = new List<ProcessEntry>();
        if (!OperatingSystem.IsLinux())
            return result;
        foreach (var folder in Directory.EnumerateDirectories(Root))
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Find(id) is { } entry)
                result.Add(entry);
        return result;
    }

    /// <summary>One process, or null if it does not live.</summary>
    public static ProcessEntry? Find(int id)
    {
        if (TryRead($"{Root}/{id}/stat") is not { } line)
            return null;
        // The name in parentheses may hold anything, spaces and parentheses included.
        var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        if (fields.Length < 20 || fields[0] is "Z" or "X")
            return null;
        return new ProcessEntry(
            id, int.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture), long.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    /// <summary>Whether the process was started with this in its environment.</summary>
    /// <param name="id">The process.</param>
    /// <param name="assignment">As <c>NAME=value</c>.</param>
    public static bool HasVariable(int id, string assignment) =>
        TryRead($"{Root}/{id}/environ") is { } text && $"\0{text}".Contains($"\0{assignment}\0", StringComparison.Ordinal);

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.Latin1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended in this moment, or another user's.
            return null;
        }
    }
}
