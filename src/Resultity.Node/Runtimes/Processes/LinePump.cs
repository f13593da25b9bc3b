using System.Text;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>Reads what a process writes, line by line, as long as anything holds the other end; never keeps more than one line of bounded length.</summary>
internal static class LinePump
{
    private const int Piece = 4096;

    /// <summary>Ends with the stream, or when it is disposed of.</summary>
    public static async Task RunAsync(Stream output, Action<string> line)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var bytes = new byte[Piece];
        var characters = new char[Encoding.UTF8.GetMaxCharCount(Piece)];
        var current = new StringBuilder();
        try
        {
            int count;
            while ((count = await output.ReadAsync(bytes)) > 0)
                Split(characters.AsSpan(0, decoder.GetChars(bytes.AsSpan(0, count), characters, flush: false)), current, line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Nobody wants to hear the rest.
        }
        if (current.Length > 0)
            line(current.ToString());
    }

    private static void Split(ReadOnlySpan<char> text, StringBuilder current, Action<string> line)
    {
        foreach (var character in text)
        {
            if (character is '\n' or '\r')
            {
                if (current.Length > 0)
                    line(current.ToString());
                current.Clear();
            }
            else if (current.Length <= LogRing.LongestLine)
            {
                // Further control characters would reach the operator's terminal through an error's message.
                current.Append(char.IsControl(character) ? ' ' : character);
            }
        }
    }
}
