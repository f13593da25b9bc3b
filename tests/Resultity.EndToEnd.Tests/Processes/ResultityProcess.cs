using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Resultity.TestKit.Processes;

namespace Resultity.EndToEnd.Tests.Processes;

/// <summary>The built executable, running. Killed with the test.</summary>
internal sealed class ResultityProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(10_000);
    private readonly Task _read;

    private ResultityProcess(Process process)
    {
        _process = process;
        _read = Task.WhenAll(ReadAsync(process.StandardOutput, _output, _lines.Writer), ReadAsync(process.StandardError, _errors, null));
    }

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public string Errors
    {
        get
        {
            lock (_errors) return _errors.ToString();
        }
    }

    /// <summary>Starts it. Only the given variables are in its environment, beside what any process has.</summary>
    public static ResultityProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? variables = null, bool closeInput = false)
    {
        var start = BuiltProgram.StartInfo(BuiltProgram.Find("Resultity", "resultity"), arguments);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("RESULTITY", StringComparison.OrdinalIgnoreCase)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in variables ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var process = Process.Start(start)!;
        if (closeInput) process.StandardInput.Close();
        return new ResultityProcess(process);
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? variables = null, string input = "")
    {
        await using var process = Start(arguments, variables);
        await process._process.StandardInput.WriteAsync(input);
        process._process.StandardInput.Close();
        var code = await process.ExitAsync();
        return (code, process.Output, process.Errors);
    }

    /// <summary>Waits for a line of standard output that holds a text, and returns it.</summary>
    public async Task<string> LineAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(patience.Token))
            {
                if (line.Contains(text, StringComparison.Ordinal)) return line;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no line with '{text}' within {Patience.TotalSeconds:0} s.\n{Output}\n{Errors}");
        }

        throw new InvalidOperationException($"it ended without a line with '{text}'.\n{Output}\n{Errors}");
    }

    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        await _read;
        return _process.ExitCode;
    }

    /// <summary>Sends a signal, such as <c>INT</c> or <c>KILL</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _read;
        _process.Dispose();
    }

    private static async Task ReadAsync(StreamReader reader, StringBuilder text, ChannelWriter<string>? lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (text) text.AppendLine(line);
            lines?.TryWrite(line);
        }

        lines?.Complete();
    }
}
