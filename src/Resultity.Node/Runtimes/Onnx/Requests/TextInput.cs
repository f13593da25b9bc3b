using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>A text or its tokens, as completions and embeddings take them.</summary>
internal readonly record struct TextInput(string? Text, int[]? Tokens)
{
    private const int MaxTokens = 4_000_000;

    /// <summary>Reads a string, an array of strings, an array of tokens or an array of arrays of tokens; null if it is absent.</summary>
    public static IReadOnlyList<TextInput>? Read(RequestFields fields, string name, int vocabulary, int most)
    {
        if (fields.Member(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String) return [new TextInput(RequestFields.ReadText(value, name), null)];
        if (value.ValueKind != JsonValueKind.Array) throw RequestFields.Wrong(name, "a string, an array of strings, an array of tokens or an array of arrays of tokens", value);
        var count = value.GetArrayLength();
        if (count == 0) throw new InvalidRequestException($"'{name}' is empty.", name, "empty_array");
        if (value[0].ValueKind == JsonValueKind.Number) return [new TextInput(null, ReadTokens(value, name, vocabulary))];
        if (count > most) throw new InvalidRequestException($"'{name}' has {count} items; at most {most} are allowed.", name, "array_above_max_length");
        return [.. value.EnumerateArray().Select((item, at) => ReadItem(item, $"{name}[{at}]", vocabulary))];
    }

    private static TextInput ReadItem(JsonElement item, string path, int vocabulary) => item.ValueKind switch
    {
        JsonValueKind.String => new(RequestFields.ReadText(item, path), null),
        JsonValueKind.Array => new(null, ReadTokens(item, path, vocabulary)),
        _ => throw RequestFields.Wrong(path, "a string or an array of tokens", item),
    };

    private static int[] ReadTokens(JsonElement list, string path, int vocabulary)
    {
        var count = list.GetArrayLength();
        if (count is 0 or > MaxTokens) throw new InvalidRequestException($"'{path}' has {count} tokens; it must have 1 to {MaxTokens}.", path);
        var result = new int[count];
        var at = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (!RequestFields.TryInteger(item, out var token)) throw RequestFields.Wrong($"{path}[{at}]", "a token id", item);
            if (token < 0 || token >= vocabulary) throw new InvalidRequestException($"'{path}[{at}]' is {token}; token ids are 0 to {vocabulary - 1}.", $"{path}[{at}]");
            result[at++] = (int)token;
        }
        return result;
    }
}
