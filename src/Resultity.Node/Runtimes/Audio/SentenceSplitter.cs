namespace Resultity.Node.Runtimes.Audio;

/// <summary>Cuts a text into what is said in one breath, so that the first sound comes early.</summary>
internal static class SentenceSplitter
{
    private const int Longest = 280, Shortest = 12;

    public static List<string> Split(string text)
    {
        var sentences = new List<string>();
        var start = 0;
        for (var at = 0; at < text.Length; at++)
        {
            var ends = text[at] == '\n' || (IsStop(text[at]) && (at + 1 == text.Length || char.IsWhiteSpace(text[at + 1])) && at + 1 - start >= Shortest) || "。！？".Contains(text[at], StringComparison.Ordinal);
            if (!ends && at + 1 - start < Longest) continue;
            if (!ends && text.LastIndexOfAny([' ', ',', ';'], at, at + 1 - start) is var blank && blank > start) at = blank;
            // Not between the two halves of a character.
            else if (!ends && char.IsHighSurrogate(text[at]) && at + 1 < text.Length) at++;
            Add(sentences, text[start..(at + 1)]);
            start = at + 1;
        }
        Add(sentences, text[start..]);
        return sentences;
    }

    private static bool IsStop(char c) => c is '.' or '!' or '?' or '…' or ';' or ':';

    private static void Add(List<string> sentences, string text)
    {
        if (!string.IsNullOrWhiteSpace(text)) sentences.Add(text.Trim());
    }
}
