using System.Collections.Concurrent;
using System.Diagnostics;
using Resultity.TestKit.Processes;

namespace Resultity.Chaos;

/// <summary>A process of <c>resultity</c> that is killed and started again with the same arguments.</summary>
internal sealed class KilledProcess(string name, string[] arguments, IReadOnlyDictionary<string, string> variables) : IDisposable
{
    private const int MostLines = 200;

    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;

    public string Name => name;

    /// <summary>How often it ended without having been killed.</summary>
    public int Failures { get; private set; }

    /// <summary>The last lines that it wrote.</summary>
    public string Log => string.Join('\n', _log);

    public void Start()
    {
        var start = BuiltProgram.StartInfo(BuiltProgram.Find("Resultity", "resultity"), arguments);
        foreach (var (key, value) in variables) start.Environment[key] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Ends it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        if (_process.HasExited) Failures++;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        if (_process is not { } process) return;
        if (process.HasExited) Failures++;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
        _process = null;
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        _log.Enqueue($"{name}: {line}");
        while (_log.Count > MostLines) _log.TryDequeue(out _);
    }
}
