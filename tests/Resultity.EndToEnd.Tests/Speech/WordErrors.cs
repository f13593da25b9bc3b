namespace Resultity.EndToEnd.Tests.Speech;

/// <summary>How many words of what was said were written down wrongly: left out, put in or taken for others.</summary>
internal sealed class WordErrors
{
    public int Wrong { get; private set; }

    public int Said { get; private set; }

    public double Share => (double)Wrong / Said;

    public void Add(string said, string heard)
    {
        var (truth, words) = (Words(said), Words(heard));
        var row = Enumerable.Range(0, words.Length + 1).ToArray();
        for (var i = 1; i <= truth.Length; i++)
        {
            var last = row[0];
            row[0] = i;
            for (var j = 1; j <= words.Length; j++) (row[j], last) = (Math.Min(Math.Min(row[j], row[j - 1]) + 1, last + (truth[i - 1] == words[j - 1] ? 0 : 1)), row[j]);
        }

        Wrong += row[^1];
        Said += truth.Length;
    }

    private static string[] Words(string text) =>
        string.Concat(text.ToLowerInvariant().Select(static c => char.IsLetterOrDigit(c) || c == '\'' ? c : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
