namespace Resultity.Node.Runtimes.Onnx.Generating;

/// <summary>Finds where a JSON object or array ends in text that comes in pieces.</summary>
/// <param name="depth">How many brackets are open already.</param>
internal sealed class JsonScanner(int depth)
{
    private int _depth = depth;
    private bool _inString, _escaped;

    /// <summary>How many characters of the text belong to the value, and whether it ends with them.</summary>
    public (int Length, bool Ended) Take(ReadOnlySpan<char> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var character = text[at];
            if (_escaped) _escaped = false;
            else if (_inString)
            {
                if (character == '\\') _escaped = true;
                else if (character == '"') _inString = false;
            }
            else if (character == '"') _inString = true;
            else if (character is '{' or '[') _depth++;
            else if (character is '}' or ']' && --_depth == 0) return (at + 1, true);
        }
        return (text.Length, false);
    }
}
