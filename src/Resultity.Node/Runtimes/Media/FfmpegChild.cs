using System.Globalization;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Media;

/// <summary>Runs ffmpeg as a child that can do nothing but turn one file or stream into another.</summary>
/// <remarks>
/// Callers tell it which demuxer, codecs and protocols it may use, so that playlists and other formats which name further files or addresses are
/// out of reach. It has one thread, and limits on memory, processor time, output, the size of files, and the time on the wall.
/// </remarks>
/// <param name="children">Starts it.</param>
/// <param name="memoryBytes">Memory that it may map, where the system can hold it to that.</param>
/// <param name="timeout">How long it may run.</param>
internal sealed class FfmpegChild(ChildHost children, long memoryBytes, TimeSpan timeout)
{
    private const string Program = "ffmpeg";
    private const long LargestFile = 1L << 30;

    /// <summary>Whether there is an ffmpeg on this node.</summary>
    public static bool IsThere => ProgramPath.Find(Program) is not null;

    /// <summary>Runs it.</summary>
    /// <param name="arguments">What comes after the general options.</param>
    /// <param name="mostOutput">The most bytes that it may write to its standard output.</param>
    /// <param name="feed">Writes its input; <see langword="null"/> for none.</param>
    /// <param name="output">Gets its output piece by piece.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="ChildException">It is missing, refuses what it gets, or meets a limit.</exception>
    public Task RunAsync(
        IReadOnlyList<string> arguments, long mostOutput, Func<Stream, CancellationToken, Task>? feed, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output, CancellationToken cancellation)
    {
        string[] all = ["-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1", "-filter_threads", "1", "-max_alloc", Text(memoryBytes / 4), .. arguments];
        // Limits of the system's own, where it has a program that sets them.
        var held = OperatingSystem.IsLinux() ? ProgramPath.Find("prlimit") : null;
        return new ProgramRun
        {
            Program = held ?? Program,
            Arguments = held is null ? all :
            [
                $"--as={Text(memoryBytes)}", $"--cpu={Text(Math.Ceiling(timeout.TotalSeconds))}", $"--fsize={Text(LargestFile)}", "--core=0", "--", ProgramPath.Find(Program) ?? Program, .. all,
            ],
            Timeout = timeout,
            MaxOutput = mostOutput,
        }.RunAsync(children, feed, output, cancellation);
    }

    /// <summary>A number as ffmpeg reads it.</summary>
    public static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
