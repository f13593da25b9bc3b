using System.Diagnostics;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>One run of a program that reads, writes and ends, such as ffmpeg.</summary>
public sealed record ProgramRun
{
    private const int Piece = 64 * 1024;

    /// <summary>The program: a path, or a name on the PATH.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments, each as the program is to get it.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>How long it may run.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The most bytes that it may write to its standard output.</summary>
    public required long MaxOutput { get; init; }

    /// <summary>Variables for it alone.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Its working directory.</summary>
    /// <value>A folder of the node's own.</value>
    public string? WorkingFolder { get; init; }

    /// <summary>Gets each line of its standard error, on any thread; must return at once.</summary>
    public Action<string>? ErrorLine { get; init; }

    /// <summary>Runs it with some bytes as its input, and collects its output.</summary>
    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="ChildException">As of <see cref="RunAsync(ChildHost, Func{Stream, CancellationToken, Task}?, Func{ReadOnlyMemory{byte}, CancellationToken, ValueTask}, CancellationToken)"/>.</exception>
    public async Task<byte[]> RunAsync(ChildHost host, ReadOnlyMemory<byte> input, CancellationToken cancellation)
    {
        using var output = new MemoryStream();
        await RunAsync(
            host,
            input.IsEmpty ? null : async (stream, stop) => await stream.WriteAsync(input, stop),
            (piece, _) =>
            {
                output.Write(piece.Span);
                return default;
            },
            cancellation);
        return output.ToArray();
    }

    /// <summary>Runs it, feeding and reading it at the same time. Nothing of its tree lives when the task ends, however that ends.</summary>
    /// <param name="host">Starts it.</param>
    /// <param name="feed">Writes its input; the input ends when this does. A program that ends without reading all of it is no failure. Null: no input.</param>
    /// <param name="output">Gets its output piece by piece; the memory is the run's again when the call has ended.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="ChildException">It is not there, took too long, wrote too much, or ended with an exit code other than 0; the message has the end of what it wrote to its standard error.</exception>
    public async Task RunAsync(
        ChildHost host, Func<Stream, CancellationToken, Task>? feed, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(output);
        var name = Path.GetFileName(Program);
        using var timeout = new CancellationTokenSource(Timeout, host.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        var start = new ProcessStartInfo(Program, Arguments) { WorkingDirectory = WorkingFolder ?? "" };
        var (process, mark) = host.Start(name, start, [], Environment, static (process, mark) => (process, mark));
        var log = new LogRing();
        var errors = LinePump.RunAsync(process.StandardError.BaseStream, (Action<string>)log.Add + ErrorLine);
        var feeding = FeedAsync(process, feed, any.Token);
        try
        {
            await CollectAsync(process, name, output, any.Token);
            await process.WaitForExitAsync(any.Token);
            await feeding;
            await errors.WaitAsync(any.Token);
            if (process.ExitCode != 0)
                throw new ChildException($"{name} {new ChildExit(process.ExitCode).Reason}.{log.Told()}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested && timeout.IsCancellationRequested)
        {
            throw new ChildException($"{name} did not end within {Timeout.TotalSeconds:0.#} s.{log.Told()}");
        }
        finally
        {
            await any.CancelAsync();
            await ProcessTree.KillAsync(process, mark, host.Time);
            await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            host.Ended(process.Id);
            process.Dispose();
        }
    }

    private async Task CollectAsync(Process process, string name, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output, CancellationToken cancellation)
    {
        var buffer = new byte[Piece];
        var stream = process.StandardOutput.BaseStream;
        long total = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            total += count;
            if (total > MaxOutput)
                throw new ChildException($"{name} wrote more than {MaxOutput} bytes.");
            await output(buffer.AsMemory(0, count), cancellation);
        }
    }

    private static async Task FeedAsync(Process process, Func<Stream, CancellationToken, Task>? feed, CancellationToken cancellation)
    {
        try
        {
            await using var stream = process.StandardInput.BaseStream;
            if (feed is not null)
                await feed(stream, cancellation);
        }
        catch (IOException)
        {
            // It has read all that it wants.
        }
    }
}
