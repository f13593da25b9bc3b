namespace Resultity.Node.Runtimes.Processes;

/// <summary>The last lines that a child process wrote, so that an error can show them. Bounded in lines and in their length; thread-safe.</summary>
public sealed class LogRing
{
    private const int Lines = 200;

    /// <summary>What of a longer line is kept, in characters.</summary>
    public const int LongestLine = 500;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new(Lines);

    /// <summary>Adds a line, pushing out the oldest when the ring is full.</summary>
    public void Add(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        lock (_gate)
        {
            if (_lines.Count == Lines)
                _lines.Dequeue();
            _lines.Enqueue(line.Length <= LongestLine ? line : line[..LongestLine] + "…");
        }
    }

    /// <summary>The last lines, oldest first.</summary>
    /// <param name="most">At most this many.</param>
    public IReadOnlyList<string> Last(int most = Lines)
    {
        lock (_gate)
            return [.. _lines.Skip(Math.Max(0, _lines.Count - most))];
    }

    /// <summary>The last lines as the end of an error's message; empty when there are none.</summary>
    public string Told(int most = 6)
    {
        var last = Last(most);
        return last.Count == 0 ? "" : " Its last lines: " + string.Join(" | ", last);
    }
}
