namespace Resultity.Onnx.Tokenizers;

/// <summary>
/// Watches text for stop strings across the borders of its parts: gives out what is certain not to belong to one, and holds back
/// the longest end that could still become one. Not thread-safe.
/// </summary>
public sealed class StopMatcher
{
    private readonly string[] _stops;
    private string _held = "";

    /// <summary>Watches for any of <paramref name="stops"/>; empty ones are ignored.</summary>
    public StopMatcher(IEnumerable<string> stops) => _stops = [.. stops.Where(static stop => stop.Length > 0)];

    /// <summary>The stop string that was found, or null; after it nothing more is given out.</summary>
    public string? Matched { get; private set; }

    /// <summary>The text that is safe to give out now: everything before a stop string or before what may begin one.</summary>
    public string Append(string text)
    {
        if (Matched is not null) return "";
        if (_stops.Length == 0) return text;
        var all = _held.Length == 0 ? text : _held + text;
        var first = -1;
        foreach (var stop in _stops)
        {
            var at = all.IndexOf(stop, StringComparison.Ordinal);
            if (at < 0 || (first >= 0 && at >= first)) continue;
            first = at;
            Matched = stop;
        }
        if (first >= 0)
        {
            _held = "";
            return all[..first];
        }
        var keep = _stops.Max(stop => HeldBack(all, stop));
        _held = all[^keep..];
        return all[..^keep];
    }

    /// <summary>What was held back, at the end of the text.</summary>
    public string Flush()
    {
        var rest = _held;
        _held = "";
        return rest;
    }

    private static int HeldBack(string text, string stop)
    {
        for (var length = Math.Min(stop.Length - 1, text.Length); length > 0; length--)
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length))) return length;
        return 0;
    }
}
