using System.Globalization;
using Resultity.Contracts.Values;
using Resultity.Serving.Files;

namespace Resultity.Gateway.Files;

/// <summary>What the fields of a file may say, wherever they come from.</summary>
internal static class FileFields
{
    public const string Anchor = "expires_after[anchor]";
    public const string Seconds = "expires_after[seconds]";
    public const int ShortestLifetime = 3600;
    public const int LongestLifetime = 2_592_000;

    /// <summary>What the file is for.</summary>
    public static Outcome<string> Purpose(string? given) => given switch
    {
        null => Fault.Invalid("Missing required parameter: 'purpose'.", "purpose", "missing_required_parameter"),
        _ when FilePurpose.Given.Contains(given) => given,
        _ => Fault.Invalid($"Invalid value for 'purpose'. Supported values are: {string.Join(", ", FilePurpose.Given.Select(static one => $"'{one}'"))}.", "purpose"),
    };

    /// <summary>How long the file is kept.</summary>
    public static Outcome<TimeSpan?> Lifetime(string? anchor, string? seconds)
    {
        if (anchor != "created_at")
        {
            return Fault.Invalid($"Invalid value for '{Anchor}': the only anchor is 'created_at'.", Anchor);
        }

        return int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= ShortestLifetime and <= LongestLifetime
            ? TimeSpan.FromSeconds(count)
            : Fault.Invalid($"Invalid '{Seconds}': expected whole seconds from {ShortestLifetime} (an hour) to {LongestLifetime} (30 days).", Seconds);
    }
}
