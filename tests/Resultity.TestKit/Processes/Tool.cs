using System.Diagnostics;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.TestKit.Processes;

/// <summary>A program of the system that tests need, such as ffmpeg.</summary>
public static class Tool
{
    /// <summary>Why a test that needs these programs is to be skipped; null where all are there, or where they must be.</summary>
    public static string? Missing(params string[] programs)
    {
        if (Environment.GetEnvironmentVariable("RESULTITY_CI") == "1") return null;
        var missing = programs.Where(static program => ProgramPath.Find(program) is null).ToList();
        return missing.Count == 0 ? null : $"{string.Join(" and ", missing)} is not installed; RESULTITY_CI=1 makes this a failure.";
    }

    /// <summary>Runs a program to its end and gives what it wrote.</summary>
    public static byte[] Run(string program, ReadOnlySpan<byte> input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var bytes = input.ToArray();
        var feeding = Task.Run(() =>
        {
            try
            {
                process.StandardInput.BaseStream.Write(bytes);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has read all that it wants.
            }
        });
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        feeding.Wait();
        return process.ExitCode == 0 ? output.ToArray() : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    /// <summary>What a voice of espeak-ng says, as a WAVE file.</summary>
    public static byte[] Say(string text, string voice = "en-us", int speed = 165) => Run("espeak-ng", [], "--stdout", "-v", voice, "-s", $"{speed}", text);
}
