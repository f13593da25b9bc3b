using System.Text.Json;

namespace Resultity.Onnx.Tokenizers;

/// <summary>The special tokens that the file's post-processor puts around a text.</summary>
internal sealed record SequenceFrame(int[] Prefix, int[] Suffix)
{
    public static SequenceFrame None { get; } = new([], []);

    public static SequenceFrame Read(JsonElement? element)
    {
        if (element is not { } found) return None;
        switch (found.Kind())
        {
            case "ByteLevel":
                return None;
            case "Sequence":
                var frames = found.List("processors").Select(static processor => Read(processor)).ToList();
                return new([.. frames.AsEnumerable().Reverse().SelectMany(static frame => frame.Prefix)], [.. frames.SelectMany(static frame => frame.Suffix)]);
            case "BertProcessing" or "RobertaProcessing":
                return new([found.Member("cls")!.Value[1].GetInt32()], [found.Member("sep")!.Value[1].GetInt32()]);
            case "TemplateProcessing":
                return ReadTemplate(found);
            default:
                throw found.Unknown("a post-processor");
        }
    }

    private static SequenceFrame ReadTemplate(JsonElement element)
    {
        List<int> prefix = [], suffix = [];
        var inside = prefix;
        foreach (var entry in element.List("single"))
        {
            if (entry.Member("SpecialToken") is { } special)
            {
                var name = special.RequiredText("id");
                var ids = element.Member("special_tokens")?.Member(name)?.List("ids") ?? throw new TokenizerFormatException($"tokenizer.json: the post-processor names '{name}' without its ids");
                inside.AddRange(ids.Select(static id => id.GetInt32()));
            }
            else
            {
                inside = suffix;
            }
        }
        return new([.. prefix], [.. suffix]);
    }
}
