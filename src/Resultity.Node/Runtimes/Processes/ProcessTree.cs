using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>Ends processes with everything that they started, however far that has wandered.</summary>
/// <remarks>
/// On Linux a tree is: what descends from the process, what is in its session, and what carries its mark in the environment. Each alone can be
/// shaken off (by a parent's death, by a new session, by a program that writes its title over its environment), all of them hardly. Elsewhere
/// it is what .NET finds.
/// </remarks>
internal static partial class ProcessTree
{
    private const int SigTerm = 15;
    private const int MostRounds = 500;
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks one process to end.</summary>
    public static void Ask(int id)
    {
        if (!OperatingSystem.IsWindows())
            _ = Kill(id, SigTerm);
    }

    /// <summary>Kills the tree; nothing of it lives when the task ends.</summary>
    /// <param name="root">The process; it may have ended.</param>
    /// <param name="mark">What is in the environment of all of them, as <c>NAME=value</c>.</param>
    /// <param name="time">The clock between two looks.</param>
    public static async Task KillAsync(Process root, string mark, TimeProvider time)
    {
        var id = root.Id;
        Kill(root);
        await KillWhereAsync(table => Descendants(table, id).Concat(table.Where(entry => entry.Session == id || ProcessTable.HasVariable(entry.Id, mark))), time);
    }

    /// <summary>Kills until none is found any more: a process may start another while it is looked for.</summary>
    public static async Task<int> KillWhereAsync(Func<List<ProcessEntry>, IEnumerable<ProcessEntry>> wanted, TimeProvider time)
    {
        var killed = new HashSet<ProcessEntry>();
        for (var round = 0; round < MostRounds; round++)
        {
            var found = wanted(ProcessTable.Read()).Where(static entry => entry.Id != Environment.ProcessId).Distinct().ToList();
            if (found.Count == 0)
                break;
            foreach (var entry in found)
            {
                killed.Add(entry);
                Kill(entry);
            }
            await Task.Delay(Round, time, CancellationToken.None);
        }
        return killed.Count;
    }

    private static IEnumerable<ProcessEntry> Descendants(List<ProcessEntry> table, int root)
    {
        var children = table.ToLookup(static entry => entry.Parent);
        var open = new Stack<int>([root]);
        while (open.TryPop(out var parent))
        {
            foreach (var child in children[parent])
            {
                yield return child;
                open.Push(child.Id);
            }
        }
    }

    private static void Kill(Process root)
    {
        try
        {
            root.Kill(entireProcessTree: !OperatingSystem.IsLinux());
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // Ended by itself.
        }
    }

    private static void Kill(ProcessEntry entry)
    {
        // Its number may have gone to another process since the table was read.
        if (ProcessTable.Find(entry.Id) is { } now && now.Started == entry.Started)
            _ = Kill(entry.Id, 9);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int id, int signal);
}
