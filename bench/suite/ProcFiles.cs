using System.Globalization;

namespace Resultity.Bench;

/// <summary>What Linux tells about processes and the machine in <c>/proc</c> (proc(5)).</summary>
internal static class ProcFiles
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public static double CpuSeconds(int process)
    {
        // The program's name, in parentheses, may hold spaces; the fields are counted from behind it.
        if (Read($"/proc/{process}/stat") is not { } stat) return 0;
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    public static double Megabytes(int process)
    {
        var line = Read($"/proc/{process}/smaps_rollup")?.Split('\n').FirstOrDefault(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        return line is null ? 0 : Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024.0;
    }

    public static IEnumerable<int> Children(int process) =>
        Read($"/proc/{process}/task/{process}/children")?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => (int)Number(id)) ?? [];

    /// <summary>Seconds that all cores worked since the machine's start.</summary>
    public static double BusySeconds()
    {
        var fields = Read("/proc/stat")!.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(Number).ToArray();
        return (fields.Take(8).Sum() - fields[3] - fields[4]) / TicksPerSecond;
    }

    /// <summary>The machine in words.</summary>
    public static string Machine()
    {
        var model = Read("/proc/cpuinfo")?.Split('\n').FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[1];
        return $"{model ?? "unknown CPU"}, {Environment.ProcessorCount} cores, Linux {Environment.OSVersion.Version}, .NET {Environment.Version}";
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
