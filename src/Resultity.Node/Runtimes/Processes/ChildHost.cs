using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>Starts the child processes of this node so that none of them outlives it, whatever ends it.</summary>
/// <remarks>
/// Three layers: an orderly end kills each child's tree; the guard process does so when this process dies; and what even the guard missed (it
/// was killed as well, the machine was busy) is swept away at the next start, by a record in the node's folder. Thread-safe. One per process and folder.
/// </remarks>
public sealed partial class ChildHost : IAsyncDisposable
{
    private const string HostVariable = "RESULTITY_CHILD_OF";
    private const string ChildVariable = "RESULTITY_CHILD";
    private readonly string _token = Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal) + Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal);
    private readonly string _folder;
    private readonly ILogger<ChildHost> _logger;
    private readonly ChildGuard _guard;
    private readonly Lock _gate = new();
    private readonly Lazy<ChildRecord> _record;
    private readonly Dictionary<ChildInstance, Task> _living = [];
    private int _started;
    private bool _disposed;

    /// <summary>Makes the host; nothing is started or swept before <see cref="SweepAsync"/> or the first child.</summary>
    /// <param name="folder">A folder of the node's own, for the record and as the children's working directory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Chooses ports.</param>
    /// <param name="logger">Where starts and ends are told.</param>
    public ChildHost(string folder, TimeProvider time, Random random, ILogger<ChildHost> logger)
    {
        (_folder, Time, _logger) = (Path.GetFullPath(folder), time, logger);
        Ports = new LoopbackPorts(random);
        _guard = new ChildGuard(HostMark(_token), _folder);
        _record = new Lazy<ChildRecord>(() => ChildRecord.Create(_folder, _token));
    }

    /// <summary>The clock of all children.</summary>
    internal TimeProvider Time { get; }

    internal LoopbackPorts Ports { get; }

    /// <summary>The guard's process, for tests that kill it.</summary>
    internal int? GuardId => _guard.ProcessId;

    /// <summary>Kills what earlier processes with the same folder left behind. Once, before the first child.</summary>
    /// <returns>How many processes were left.</returns>
    public async Task<int> SweepAsync()
    {
        var count = 0;
        foreach (var record in ChildRecord.OfTheDead(_folder))
        {
            var mark = HostMark(record.Token);
            count += await ProcessTree.KillWhereAsync(table => table.Where(entry => record.Sessions.Contains((entry.Id, entry.Started)) || ProcessTable.HasVariable(entry.Id, mark)), Time);
            record.Delete();
        }
        if (count > 0)
            LogSwept(count);
        return count;
    }

    /// <summary>Starts one process.</summary>
    /// <param name="name">What people call it.</param>
    /// <param name="start">The program and its arguments; streams and environment are set here.</param>
    /// <param name="passed">Names of variables to pass on.</param>
    /// <param name="given">Variables for it alone.</param>
    /// <param name="made">Makes an instance of the process and its mark.</param>
    /// <exception cref="ChildException">It cannot be started.</exception>
    internal T Start<T>(string name, ProcessStartInfo start, IEnumerable<string> passed, IEnumerable<KeyValuePair<string, string>> given, Func<Process, string, T> made)
    {
        var program = ProgramPath.Find(start.FileName) ?? throw new ChildException($"{name} cannot be started: there is no program {start.FileName}.");
        var mark = string.Create(CultureInfo.InvariantCulture, $"{_token}-{Interlocked.Increment(ref _started)}");
        if (OperatingSystem.IsLinux() && ProgramPath.Find("setsid") is { } setsid)
        {
            // A session of its own: Ctrl-C in this process's terminal is not for the child, which is needed until what runs has finished.
            start.ArgumentList.Insert(0, program);
            start.FileName = setsid;
        }
        else
        {
            start.FileName = program;
        }
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        if (string.IsNullOrEmpty(start.WorkingDirectory))
            start.WorkingDirectory = _folder;
        ChildEnvironment.Apply(start, passed, [.. given, new(HostVariable, _token), new(ChildVariable, mark)]);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _ = _record.Value;
            _guard.Watch();
        }
        var process = ProcessStart.Start(start);
        _guard.Add(process.Id);
        LogStarted(name, process.Id);
        return made(process, $"{ChildVariable}={mark}");
    }

    /// <summary>To be called when nothing of a process's tree lives any more.</summary>
    internal void Ended(int id) => _guard.Remove(id);

    /// <summary>Starts a supervised child's process on a port of its own.</summary>
    internal ChildInstance Launch(ChildOptions options)
    {
        var port = Ports.Take();
        try
        {
            var start = new ProcessStartInfo(options.Program, options.Arguments(port)) { WorkingDirectory = options.WorkingFolder ?? "" };
            var instance = Start(options.Name, start, options.PassedVariables, options.Environment, (process, mark) => new ChildInstance(process, options.Name, mark, port, options.Line));
            instance.CloseInput();
            _record.Value.Add(instance.Id);
            lock (_gate)
                _living.Add(instance, instance.Exited);
            return instance;
        }
        catch
        {
            Ports.Release(port);
            throw;
        }
    }

    /// <summary>Ends an instance with its tree and takes back what was its own.</summary>
    internal async Task<ChildExit> EndAsync(ChildInstance instance, TimeSpan patience)
    {
        var exit = await instance.EndAsync(patience, Time);
        bool first;
        lock (_gate)
            first = _living.Remove(instance);
        if (first)
        {
            LogEnded(instance.Name, instance.Id, exit.Reason);
            Ended(instance.Id);
            Ports.Release(instance.Port);
            instance.Forget();
        }
        return exit;
    }

    /// <summary>Kills what still runs and lets the guard go.</summary>
    public async ValueTask DisposeAsync()
    {
        List<ChildInstance> living;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            living = [.. _living.Keys];
        }
        await Task.WhenAll(living.Select(instance => EndAsync(instance, TimeSpan.Zero)));
        await ProcessTree.KillWhereAsync(table => table.Where(entry => ProcessTable.HasVariable(entry.Id, HostMark(_token))), Time);
        _guard.Dispose();
        if (_record.IsValueCreated)
            _record.Value.Delete();
    }

    private static string HostMark(string token) => $"{HostVariable}={token}";

    [LoggerMessage(4201, LogLevel.Information, "Started {Name} as process {Id}")]
    private partial void LogStarted(string name, int id);

    [LoggerMessage(4202, LogLevel.Information, "{Name}, process {Id}, {Reason}")]
    private partial void LogEnded(string name, int id, string reason);

    [LoggerMessage(4203, LogLevel.Warning, "Killed {Count} processes that an earlier run of this node had left behind")]
    private partial void LogSwept(int count);
}
