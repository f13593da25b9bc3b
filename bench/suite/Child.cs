using System.Diagnostics;
using System.Text;

namespace Resultity.Bench;

/// <summary>A process that a run started, with its children. Its output goes to a file.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process;
    private readonly string _log;

    private Child(string name, Process process, string log)
    {
        Name = name;
        _process = process;
        _log = log;
    }

    /// <summary>The name in the tables.</summary>
    public string Name { get; }

    public bool Exited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>The command as it was started, for the report; see <see cref="Runner.Anonymous"/>.</summary>
    public string Command => string.Join(' ', [Path.GetFileName(_process.StartInfo.FileName), .. _process.StartInfo.ArgumentList]);

    /// <summary>Starts a process in the background.</summary>
    public static Child Start(string name, string folder, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var log = Path.Combine(folder, name + ".log");
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) start.Environment[key] = value;
        var process = new Process { StartInfo = start };
        var writer = TextWriter.Synchronized(new StreamWriter(log, append: true, Encoding.UTF8) { AutoFlush = true });
        process.OutputDataReceived += (_, line) => writer.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => writer.WriteLine(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new Child(name, process, log);
    }

    /// <summary>Runs a process to its end.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has its standard error.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, bool anyExit = false)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0 && !anyExit) throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
        return output;
    }

    /// <summary>The last lines that it wrote.</summary>
    public string LogTail() => File.Exists(_log) ? string.Join('\n', File.ReadAllLines(_log).TakeLast(15)) : "";

    /// <summary>CPU seconds so far, of it and its children.</summary>
    public double CpuSeconds() => Tree().Sum(ProcFiles.CpuSeconds);

    /// <summary>Memory in MB, pages that processes share counted once; of it and its children.</summary>
    public double Megabytes() => Tree().Sum(ProcFiles.Megabytes);

    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();
    }

    private List<int> Tree()
    {
        var all = new List<int> { _process.Id };
        for (var i = 0; i < all.Count; i++) all.AddRange(ProcFiles.Children(all[i]));
        return all;
    }
}
