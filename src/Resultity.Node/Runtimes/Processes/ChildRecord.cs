using System.Globalization;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>A file that names this process and its children, so that the next process can sweep away what outlived both this one and the guard.</summary>
/// <remarks>The first line is the system's boot, this process's id and its start; each further line a child's id and its start.</remarks>
internal sealed class ChildRecord
{
    private const string Pattern = "*.children";
    private readonly Lock _gate = new();
    private readonly string _path;

    private ChildRecord(string path, IReadOnlySet<(int Id, long Started)> sessions) => (_path, Sessions) = (path, sessions);

    public string Token => Path.GetFileNameWithoutExtension(_path);

    /// <summary>The children that the file names.</summary>
    public IReadOnlySet<(int Id, long Started)> Sessions { get; }

    public static ChildRecord Create(string folder, string token)
    {
        Directory.CreateDirectory(folder);
        var record = new ChildRecord(Path.Combine(folder, Path.ChangeExtension(token, Pattern[2..])), new HashSet<(int, long)>());
        var own = ProcessTable.Find(Environment.ProcessId);
        File.WriteAllText(record._path, string.Create(CultureInfo.InvariantCulture, $"{ProcessTable.BootId} {Environment.ProcessId} {own?.Started ?? 0}\n"));
        return record;
    }

    /// <summary>The records of processes that do not live any more.</summary>
    public static List<ChildRecord> OfTheDead(string folder)
    {
        var result = new List<ChildRecord>();
        if (!Directory.Exists(folder))
            return result;
        foreach (var path in Directory.EnumerateFiles(folder, Pattern))
            if (Read(path) is { } record)
                result.Add(record);
        return result;
    }

    public void Add(int child)
    {
        if (ProcessTable.Find(child) is not { } entry)
            return;
        lock (_gate)
            File.AppendAllText(_path, string.Create(CultureInfo.InvariantCulture, $"{entry.Id} {entry.Started}\n"));
    }

    public void Delete() => File.Delete(_path);

    // Null when its process lives.
    private static ChildRecord? Read(string path)
    {
        var sessions = new HashSet<(int, long)>();
        var lines = File.ReadAllLines(path);
        var head = lines.FirstOrDefault("").Split(' ');
        if (head.Length == 3 && head[0] == ProcessTable.BootId)
        {
            if (int.TryParse(head[1], out var owner) && ProcessTable.Find(owner) is { } living && living.Started.ToString(CultureInfo.InvariantCulture) == head[2])
                return null;
            foreach (var line in lines.Skip(1))
                if (line.Split(' ') is [var id, var started] && int.TryParse(id, out var child) && long.TryParse(started, out var at))
                    sessions.Add((child, at));
        }
        return new ChildRecord(path, sessions);
    }
}
