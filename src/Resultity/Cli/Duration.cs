using System.Globalization;

namespace Resultity.Cli;

/// <summary>Lengths of time as people write them: <c>90s</c>, <c>30m</c>, <c>12h</c>, <c>7d</c>; a bare number is seconds.</summary>
internal static class Duration
{
    /// <exception cref="CliException">It is not a length of time.</exception>
    public static TimeSpan Parse(string option, string text)
    {
        var unit = text.Length > 0 ? text[^1] : ' ';
        var factor = unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => char.IsAsciiDigit(unit) ? 1 : 0 };
        var digits = char.IsAsciiDigit(unit) ? text : text[..Math.Max(0, text.Length - 1)];
        return factor > 0 && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && (long)count * factor <= 100L * 366 * 86400
            ? TimeSpan.FromSeconds((long)count * factor)
            : throw new CliException(ExitCode.Usage, $"{option} {text} is not a length of time.", "Write a number and s, m, h or d, such as 90s or 30d.");
    }
}
