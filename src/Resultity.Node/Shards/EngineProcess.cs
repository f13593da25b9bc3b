using System.Diagnostics;
using System.Globalization;

namespace Resultity.Node.Shards;

/// <summary>An engine that runs as a child of this process.</summary>
internal sealed class EngineProcess : IAsyncDisposable
{
    private const int LinesKept = 40;
    private readonly Process _process;
    private readonly Queue<string> _lines = new();

    private EngineProcess(Process process) => (_process, Exited) = (process, process.WaitForExitAsync());

    /// <summary>Ends when the process has.</summary>
    public Task Exited { get; }

    /// <summary>How it ended, with the last that it said.</summary>
    public string Ending => string.Create(CultureInfo.InvariantCulture, $"exit code {_process.ExitCode}{Said}");

    /// <summary>Whether it was stopped by a signal, or is a zombie: it exists, and does nothing.</summary>
    public bool IsStopped
    {
        get
        {
            try
            {
                var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
                return stat[(stat.LastIndexOf(')') + 2)..] is ['T' or 't' or 'Z' or 'X', ..];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
            {
                return false;
            }
        }
    }

    private string Said
    {
        get
        {
            lock (_lines)
                return _lines.Count == 0 ? "" : "; it said: " + string.Join(" | ", _lines.TakeLast(3));
        }
    }

    public static EngineProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        start.Environment["GGML_NO_BACKTRACE"] = "1";
        try
        {
            var engine = new EngineProcess(Process.Start(start)!);
            engine._process.OutputDataReceived += (_, line) => engine.Keep(line.Data);
            engine._process.ErrorDataReceived += (_, line) => engine.Keep(line.Data);
            engine._process.BeginOutputReadLine();
            engine._process.BeginErrorReadLine();
            return engine;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"{program} cannot be started: {e.Message}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await Exited;
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        lock (_lines)
        {
            _lines.Enqueue(line.Length > 500 ? line[..500] : line);
            if (_lines.Count > LinesKept)
                _lines.Dequeue();
        }
    }
}
