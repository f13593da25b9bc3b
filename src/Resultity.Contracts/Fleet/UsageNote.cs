using System.Globalization;
using Resultity.Contracts.Values;

namespace Resultity.Contracts.Fleet;

/// <summary>What an answer used, as a node says it beside the answer (<see cref="FleetHeaders.Usage"/>): for answers that have no place for it, such as audio.</summary>
public static class UsageNote
{
    /// <summary>Writes the note, such as <c>input=3;output=0;images=1;audio_ms=0</c>.</summary>
    public static string Format(Usage usage) => string.Create(
        CultureInfo.InvariantCulture, $"input={usage.InputTokens};output={usage.OutputTokens};images={usage.Images};audio_ms={usage.AudioMilliseconds}");

    /// <summary>Reads a note. What it does not know is passed over; figures that are not counts make it no note.</summary>
    public static bool TryParse(string? text, out Usage usage)
    {
        usage = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        foreach (var range in text.AsSpan().Split(';'))
        {
            var pair = text.AsSpan()[range];
            var equals = pair.IndexOf('=');
            if (equals < 0 || !long.TryParse(pair[(equals + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            usage = pair[..equals] switch
            {
                "input" => usage with { InputTokens = count },
                "output" => usage with { OutputTokens = count },
                "images" => usage with { Images = count },
                "audio_ms" => usage with { AudioMilliseconds = count },
                _ => usage,
            };
        }

        return true;
    }
}
