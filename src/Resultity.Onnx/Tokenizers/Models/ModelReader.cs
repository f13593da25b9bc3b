using System.Text.Json;

namespace Resultity.Onnx.Tokenizers.Models;

/// <summary>Reads the model part of the file: vocabulary, merges and options.</summary>
internal static class ModelReader
{
    public static ITokenModel Read(JsonElement root)
    {
        var model = root.Member("model") ?? throw new TokenizerFormatException("tokenizer.json: 'model' is missing");
        // Old files leave the type out; then the members tell.
        var kind = model.Text("type") ?? (model.Member("merges") is not null ? "BPE" : model.Member("unk_id") is not null ? "Unigram" : "WordPiece");
        return kind switch
        {
            "BPE" => ReadBpe(model),
            "WordPiece" => new WordPieceModel(Vocabulary(model), model.Text("unk_token") ?? "[UNK]", model.Text("continuing_subword_prefix") ?? "##", model.Number("max_input_chars_per_word", 100)),
            "Unigram" => ReadUnigram(model),
            _ => throw model.Unknown("a model"),
        };
    }

    private static BpeModel ReadBpe(JsonElement model)
    {
        var vocabulary = Vocabulary(model);
        var prefix = model.Text("continuing_subword_prefix") ?? "";
        var merges = new Dictionary<ulong, BpeModel.Merge>();
        var rank = 0;
        foreach (var entry in model.List("merges"))
        {
            var (left, right) = Pair(entry);
            var joined = prefix.Length > 0 && right.StartsWith(prefix, StringComparison.Ordinal) ? left + right[prefix.Length..] : left + right;
            if (!vocabulary.TryGetValue(left, out var leftId) || !vocabulary.TryGetValue(right, out var rightId) || !vocabulary.TryGetValue(joined, out var id))
                throw new TokenizerFormatException($"tokenizer.json: merge {rank} ('{left}' '{right}') names a token that is not in the vocabulary");
            merges.TryAdd(BpeModel.Key(leftId, rightId), new BpeModel.Merge(rank, id));
            rank++;
        }
        return new BpeModel(vocabulary, merges, new BpeOptions
        {
            UnknownToken = model.Text("unk_token"),
            FuseUnknown = model.Flag("fuse_unk"),
            ByteFallback = model.Flag("byte_fallback"),
            IgnoreMerges = model.Flag("ignore_merges"),
            ContinuingPrefix = prefix,
            EndSuffix = model.Text("end_of_word_suffix") ?? "",
        });
    }

    /// <summary>A merge is either "left right" or, in newer files, a list of two.</summary>
    private static (string Left, string Right) Pair(JsonElement entry)
    {
        if (entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2) return (entry[0].GetString()!, entry[1].GetString()!);
        var text = entry.ValueKind == JsonValueKind.String ? entry.GetString()! : "";
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 ? (text[..space], text[(space + 1)..]) : throw new TokenizerFormatException($"tokenizer.json: '{text}' is no merge");
    }

    private static UnigramModel ReadUnigram(JsonElement model)
    {
        var pieces = new List<(string, double)>();
        foreach (var entry in model.List("vocab")) pieces.Add((entry[0].GetString()!, entry[1].GetDouble()));
        return new UnigramModel(pieces, model.Number("unk_id", -1), model.Flag("byte_fallback"));
    }

    private static Dictionary<string, int> Vocabulary(JsonElement model)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        if (model.Member("vocab") is not { ValueKind: JsonValueKind.Object } entries) throw new TokenizerFormatException("tokenizer.json: 'model.vocab' is missing or not an object");
        foreach (var entry in entries.EnumerateObject())
        {
            if (!entry.Value.TryGetInt32(out var id) || id < 0) throw new TokenizerFormatException($"tokenizer.json: the id of '{entry.Name}' is not a token id");
            vocabulary[entry.Name] = id;
        }
        return vocabulary;
    }
}
