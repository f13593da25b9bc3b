using System.Text;
using System.Text.Json;

namespace Resultity.Onnx.Tokenizers.Decoders;

/// <summary>What each token is in bytes, for the whole vocabulary, computed once.</summary>
/// <remarks>The bytes of all tokens lie in one array: a vocabulary has a hundred thousand of them and more.</remarks>
internal sealed class Spelling
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;

    private Spelling(byte[] bytes, int[] starts, bool dropsFirstSpace)
    {
        (_bytes, _starts) = (bytes, starts);
        DropsFirstSpace = dropsFirstSpace;
    }

    /// <summary>True if a space at the very beginning of a text belongs to the tokenizer, not to the text.</summary>
    public bool DropsFirstSpace { get; }

    public ReadOnlyMemory<byte> this[int id] => id >= 0 && id + 1 < _starts.Length ? _bytes.AsMemory(_starts[id]..(_starts[id + 1])) : default;

    public static Spelling Read(JsonElement? decoder, string?[] tokens, IReadOnlyDictionary<int, AddedToken> added)
    {
        var steps = new List<ISpellingStep>();
        var dropsFirstSpace = false;
        if (decoder is { } found) ReadSteps(found, steps, ref dropsFirstSpace);
        var bytes = new MemoryStream();
        var starts = new int[tokens.Length + 1];
        for (var id = 0; id < tokens.Length; id++)
        {
            starts[id] = (int)bytes.Length;
            if (added.TryGetValue(id, out var literal)) bytes.Write(Encoding.UTF8.GetBytes(literal.Content));
            else if (tokens[id] is { } token) bytes.Write(Spell(token, steps));
        }
        starts[tokens.Length] = (int)bytes.Length;
        return new(bytes.ToArray(), starts, dropsFirstSpace);
    }

    private static byte[] Spell(string token, List<ISpellingStep> steps)
    {
        foreach (var step in steps)
            if (step.Spell(ref token) is { } bytes) return bytes;
        return Encoding.UTF8.GetBytes(token);
    }

    private static void ReadSteps(JsonElement element, List<ISpellingStep> steps, ref bool dropsFirstSpace)
    {
        switch (element.Kind())
        {
            case "Sequence":
                foreach (var part in element.List("decoders")) ReadSteps(part, steps, ref dropsFirstSpace);
                break;
            case "ByteLevel": steps.Add(new ByteLevelStep()); break;
            case "ByteFallback": steps.Add(new ByteFallbackStep()); break;
            case "Replace": steps.Add(new ReplaceStep(TextPattern.Read(element), element.RequiredText("content"))); break;
            case "Fuse": break;
            case "Strip":
                if (element.RequiredText("content") != " " || element.Number("stop", 0) != 0) throw element.Unknown("a decoder that strips other than spaces in front");
                dropsFirstSpace |= element.Number("start", 0) > 0;
                break;
            case "Metaspace":
                steps.Add(new ReplaceStep(TextPattern.OfLiteral(element.Text("replacement") ?? "\u2581"), " "));
                dropsFirstSpace |= element.Text("prepend_scheme") != "never" && element.Flag("add_prefix_space", true);
                break;
            case "WordPiece":
                steps.Add(new WordPieceStep(element.Text("prefix") ?? "##", element.Flag("cleanup", true)));
                dropsFirstSpace = true;
                break;
            case "BPEDecoder":
                steps.Add(new ReplaceStep(TextPattern.OfLiteral(element.Text("suffix") ?? "</w>"), " "));
                break;
            default:
                throw element.Unknown("a decoder");
        }
    }
}
