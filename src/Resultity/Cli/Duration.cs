using System.Globalization;
using Resultity.Configuration;

namespace Resultity.Cli;

/// <summary>Lengths of time on the command line: as settings write them, or a bare number of seconds.</summary>
internal static class Duration
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(100 * 366);

    /// <exception cref="CliException">It is not a length of time.</exception>
    public static TimeSpan Parse(string option, string text)
    {
        var parsed = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
            : DurationText.TryParse(text, out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds)
            : TimeSpan.MaxValue;
        return parsed <= Longest ? parsed : throw new CliException(ExitCode.Usage, $"{option} {text} is not a length of time.", "Write a number and s, m, h or d, such as 90s or 30d.");
    }
}
