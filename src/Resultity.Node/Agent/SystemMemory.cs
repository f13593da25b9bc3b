using System.Globalization;

namespace Resultity.Node.Agent;

/// <summary>The machine's memory: <c>/proc/meminfo</c> where there is one, else what the runtime knows (which heeds container limits).</summary>
internal static class SystemMemory
{
    private const string MemInfo = "/proc/meminfo";

    public static (long Free, long Total) Read()
    {
        var known = GC.GetGCMemoryInfo();
        var total = known.TotalAvailableMemoryBytes;
        var free = Math.Max(0, total - known.MemoryLoadBytes);
        if (!File.Exists(MemInfo))
            return (free, total);
        foreach (var line in File.ReadLines(MemInfo))
            if (line.StartsWith("MemAvailable:", StringComparison.Ordinal) && TryKilobytes(line, out var available))
                return (Math.Min(available, total), total);
        return (free, total);
    }

    private static bool TryKilobytes(string line, out long bytes)
    {
        var digits = line.AsSpan(line.IndexOf(':') + 1).Trim();
        digits = digits[..digits.IndexOfAnyExceptInRange('0', '9')];
        var read = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes);
        bytes = kilobytes * 1024;
        return read;
    }
}
