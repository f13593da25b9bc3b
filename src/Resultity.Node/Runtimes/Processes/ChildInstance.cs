using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>One life of a child process, from its start to its end.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Whoever holds the instance may ask for its token after its end; a source without a timer holds nothing to give back.")]
public sealed class ChildInstance
{
    private readonly Process _process;
    private readonly CancellationTokenSource _gone = new();

    internal ChildInstance(Process process, string name, string mark, int port, Action<string>? line)
    {
        (_process, Name, Mark, Port) = (process, name, mark, port);
        Id = process.Id;
        Gone = _gone.Token;
        Address = new Uri($"http://127.0.0.1:{port}/");
        var add = line is null ? Log.Add : (Action<string>)(text =>
        {
            Log.Add(text);
            line(text);
        });
        var pumps = Task.WhenAll(LinePump.RunAsync(process.StandardOutput.BaseStream, add), LinePump.RunAsync(process.StandardError.BaseStream, add));
        Exited = ExitAsync(pumps);
    }

    /// <summary>What people call it.</summary>
    public string Name { get; }

    /// <summary>The system's number of the process.</summary>
    public int Id { get; }

    /// <summary>The loopback port that is its own.</summary>
    public int Port { get; }

    /// <summary>Where it listens, with a final slash.</summary>
    public Uri Address { get; }

    /// <summary>What it said last.</summary>
    public LogRing Log { get; } = new();

    /// <summary>Ends when the process has ended, never fails. What it started may live on until the supervisor has swept it away.</summary>
    public Task<ChildExit> Exited { get; }

    /// <summary>Cancelled when the process has ended.</summary>
    public CancellationToken Gone { get; }

    internal string Mark { get; }

    /// <summary>Tells it that there will be no input.</summary>
    internal void CloseInput() => _process.StandardInput.Close();

    /// <summary>Ends it with all that it started. Idempotent.</summary>
    /// <param name="patience">How long it may take to end by itself after it was told to; zero kills at once.</param>
    /// <param name="time">The clock.</param>
    internal async Task<ChildExit> EndAsync(TimeSpan patience, TimeProvider time)
    {
        if (patience > TimeSpan.Zero && !Exited.IsCompleted)
        {
            ProcessTree.Ask(Id);
            await ((Task)Exited).WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await ProcessTree.KillAsync(_process, Mark, time);
        return await Exited;
    }

    // The streams may be held open by what the process started, so its end does not wait for theirs for long.
    private async Task<ChildExit> ExitAsync(Task pumps)
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        var code = _process.ExitCode;
        await pumps.WaitAsync(TimeSpan.FromMilliseconds(200), TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _gone.CancelAsync();
        return new ChildExit(code);
    }

    /// <summary>Gives the system's handles back; after the end.</summary>
    internal void Forget() => _process.Dispose();
}
