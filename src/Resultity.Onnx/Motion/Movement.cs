using System.Globalization;
using System.Text.RegularExpressions;

namespace Resultity.Onnx.Motion;

/// <summary>How a thing moves from the first frame of a video to the last.</summary>
/// <param name="X">-1 to the left, 1 to the right, 0 neither.</param>
/// <param name="Y">-1 up, 1 down, 0 neither.</param>
/// <param name="Growth">Its size at the end as a multiple of that at the beginning.</param>
/// <param name="Turns">How many times it turns around itself.</param>
public sealed partial record Movement(int X, int Y, double Growth, double Turns)
{
    private const double Noticeable = 2.2, Gentle = 1.2;

    /// <summary>What happens where nobody says how it is to move: the camera comes slowly closer.</summary>
    public static Movement Closer { get; } = new(0, 0, Gentle, 0);

    /// <summary>Takes the words about movement out of a prompt.</summary>
    /// <returns>The movement, and the prompt without those words: what a model that makes still pictures can draw.</returns>
    public static (Movement Movement, string Scene) Take(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var (x, y, growth, turns) = (0, 0, 1.0, 0.0);
        var scene = Going().Replace(prompt, match =>
        {
            foreach (var word in (ReadOnlySpan<string>)[match.Groups["one"].Value, match.Groups["two"].Value])
            {
                switch (word.ToLower(CultureInfo.InvariantCulture))
                {
                    case "left": x = -1; break;
                    case "right": x = 1; break;
                    case "up" or "upward" or "upwards" or "top": y = -1; break;
                    case "down" or "downward" or "downwards" or "bottom": y = 1; break;
                    default: break;
                }
            }

            return " ";
        });
        scene = Rising().Replace(scene, match => Note(" ", () => y = match.ValueSpan.TrimStart().StartsWith("fall", StringComparison.OrdinalIgnoreCase) || match.ValueSpan.TrimStart().StartsWith("sink", StringComparison.OrdinalIgnoreCase) ? 1 : -1));
        scene = Growing().Replace(scene, _ => Note(" ", () => growth = Noticeable));
        scene = Shrinking().Replace(scene, _ => Note(" ", () => growth = 1 / Noticeable));
        scene = Spinning().Replace(scene, _ => Note(" ", () => turns = 1));
        scene = Spaces().Replace(scene, " ").Trim(' ', ',');
        var moves = x != 0 || y != 0 || turns != 0 || Math.Abs(growth - 1) > 0.01;
        return (moves ? new Movement(x, y, growth, turns) : Closer, scene.Length == 0 ? prompt : scene);
    }

    private static string Note(string instead, Action note)
    {
        note();
        return instead;
    }

    [GeneratedRegex(
        @"\b(?:(?:that|which)\s+)?(?:is\s+)?(?:slowly\s+|quickly\s+)?(?:mov(?:es?|ing)|slid(?:es?|ing)|fl(?:y|ies|ying)|float(?:s|ing)?|roll(?:s|ing)?|go(?:es|ing)?|runs?|running|walk(?:s|ing)?|drift(?:s|ing)?|glid(?:es?|ing)|travel(?:s|l?ing)?|driv(?:es?|ing)|jump(?:s|ing)?)(?:\s+(?:slowly|quickly))?(?:\s+from\s+(?:the\s+)?\w+)?(?:\s+(?:to|towards?)(?:\s+the)?)?\s+(?<one>left|right|upwards?|up|top|downwards?|down|bottom)\b(?:\s+(?:and\s+)?(?:(?:to|towards?)\s+(?:the\s+)?)?(?<two>left|right|upwards?|up|downwards?|down)\b)?",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Going();

    [GeneratedRegex(@"\s*\b(?:is\s+)?(?:ris(?:es|ing)|fall(?:s|ing)(?:\s+down)?|sink(?:s|ing))\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rising();

    [GeneratedRegex(@"\b(?:is\s+)?(?:grow(?:s|ing)|(?:getting|becoming|gets|becomes)\s+(?:bigger|larger)|zoom(?:s|ing)?\s+in)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Growing();

    [GeneratedRegex(@"\b(?:is\s+)?(?:shrink(?:s|ing)|(?:getting|becoming|gets|becomes)\s+smaller|zoom(?:s|ing)?\s+out)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shrinking();

    [GeneratedRegex(@"\b(?:is\s+)?(?:spin(?:s|ning)|rotat(?:es|ing)|turn(?:s|ing)\s+around)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spinning();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();
}
