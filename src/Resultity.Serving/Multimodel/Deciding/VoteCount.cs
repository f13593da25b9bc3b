using System.Text;

namespace Resultity.Serving.Multimodel.Deciding;

/// <summary>What a vote came to.</summary>
/// <param name="Winner">Which voter's answer it is, or comes nearest to it.</param>
/// <param name="Votes">How many voters the winner has; of fields, the weakest field's.</param>
/// <param name="IsTie">Whether another had as many; then the voter that stands first in the call's order won.</param>
internal sealed record VoteResult(int Winner, int Votes, bool IsTie)
{
    /// <summary>Who voted alike, the winning group first, the others in order.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Groups { get; init; } = [];

    /// <summary>The answer, if it is put together from several.</summary>
    public string? Composed { get; init; }

    /// <summary>How alike each answer is to all of them together, from -1 to 1.</summary>
    public IReadOnlyList<double>? Likeness { get; init; }

    /// <summary>The field with the fewest votes.</summary>
    public string? WeakestField { get; init; }
}

/// <summary>Counts votes. Pure.</summary>
internal static class VoteCount
{
    /// <summary>The largest group of equal texts; of groups of the same size, the one whose first voter stands first.</summary>
    public static VoteResult Count(IReadOnlyList<string> votes)
    {
        var groups = votes.Select(static (text, index) => (text, index)).GroupBy(static vote => vote.text, static vote => vote.index, StringComparer.Ordinal)
            .Select(static group => (IReadOnlyList<int>)[.. group]).ToList();
        var best = groups.MaxBy(static group => group.Count)!;
        return new VoteResult(best[0], best.Count, groups.Count(group => group.Count == best.Count) > 1)
        {
            Groups = [best, .. groups.Where(group => group != best)],
        };
    }

    /// <summary>A text without what does not matter: case, spacing and punctuation.</summary>
    public static string Normalise(string text)
    {
        var result = new StringBuilder(text.Length);
        var gap = false;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (char.IsLetterOrDigit(character) || char.IsSymbol(character) || char.IsSurrogate(character) || IsOfNumber(text, i))
            {
                result.Append(gap && result.Length > 0 ? " " : "").Append(char.ToLowerInvariant(character));
                gap = false;
            }
            else
            {
                gap |= char.IsWhiteSpace(character) || character is '-';
            }
        }

        return result.Length > 0 ? result.ToString() : text.Trim();
    }

    /// <summary>Whether a sign is the point, the comma or the minus of a number, which means something.</summary>
    private static bool IsOfNumber(string text, int at)
    {
        var before = at > 0 ? text[at - 1] : ' ';
        var digitFollows = at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]);
        return digitFollows && (text[at] switch
        {
            '.' or ',' or ':' => char.IsAsciiDigit(before),
            '-' => !char.IsLetterOrDigit(before),
            _ => false,
        });
    }

    /// <summary>The vector that is nearest to the middle of all.</summary>
    /// <param name="vectors">One for each voter, of one length.</param>
    public static VoteResult Nearest(IReadOnlyList<float[]> vectors)
    {
        var units = vectors.Select(Unit).ToList();
        var middle = Unit([.. Enumerable.Range(0, units[0].Length).Select(i => units.Sum(unit => unit[i]))]);
        var likeness = units.Select(unit => Math.Round(unit.Zip(middle, static (a, b) => (double)a * b).Sum(), 6)).ToList();
        var winner = likeness.IndexOf(likeness.Max());
        return new VoteResult(winner, vectors.Count, likeness.Count(one => one == likeness[winner]) > 1) { Likeness = likeness };
    }

    private static float[] Unit(float[] vector)
    {
        var length = Math.Sqrt(vector.Sum(static x => (double)x * x));
        return length == 0 ? vector : Array.ConvertAll(vector, x => (float)(x / length));
    }
}
