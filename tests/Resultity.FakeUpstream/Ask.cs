using System.Globalization;
using System.Text.Json;

namespace Resultity.FakeUpstream;

/// <summary>What an inference request asks for, as far as this server heeds it.</summary>
internal sealed record Ask
{
    public string Model { get; init; } = "";
    public bool Stream { get; init; }
    public bool IncludeUsage { get; init; }
    public int MaxTokens { get; init; } = int.MaxValue;

    /// <summary>The text of the last message, or the prompt.</summary>
    public string LastText { get; init; } = "";

    /// <summary>The number of the first token of the answer; more than 0 where an answer that was begun is to be continued.</summary>
    public int FirstToken { get; init; }

    /// <summary>The inputs of an embeddings request.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];
    public int? Dimensions { get; init; }
    public bool Base64 { get; init; }

    /// <summary>Reads a request's body; null if it is not a JSON object with a model.</summary>
    public static Ask? Read(ReadOnlySpan<byte> body, bool chat)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(document.RootElement, chat) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Ask? Read(JsonElement root, bool chat)
    {
        if (Text(root, "model") is not { } model) return null;
        var (last, role) = chat ? LastMessage(root) : (TextsOf(root, "prompt").LastOrDefault(""), "");
        var continued = !chat || (role == "assistant" && Flag(root, "continue_final_message"));
        return new()
        {
            Model = model,
            Stream = Flag(root, "stream"),
            IncludeUsage = root.TryGetProperty("stream_options", out var options) && options.ValueKind == JsonValueKind.Object && Flag(options, "include_usage"),
            MaxTokens = Number(root, "max_completion_tokens") ?? Number(root, "max_tokens") ?? int.MaxValue,
            LastText = last,
            FirstToken = continued ? NextToken(last) : 0,
            Inputs = TextsOf(root, "input"),
            Dimensions = Number(root, "dimensions"),
            Base64 = Text(root, "encoding_format") == "base64",
        };
    }

    private static (string Text, string Role) LastMessage(JsonElement root)
    {
        if (!root.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0) return ("", "");
        var last = messages[messages.GetArrayLength() - 1];
        if (last.ValueKind != JsonValueKind.Object || !last.TryGetProperty("content", out var content)) return ("", "");
        var text = content.ValueKind switch
        {
            JsonValueKind.String => content.GetString()!,
            JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.Object ? Text(part, "text") : null)),
            _ => "",
        };
        return (text, Text(last, "role") ?? "");
    }

    /// <summary>The number after that of the token in which a text ends; 0 where it does not end in one.</summary>
    private static int NextToken(string text)
    {
        var unpadded = text.AsSpan().TrimEnd('x');
        var digits = 0;
        while (digits < unpadded.Length && char.IsAsciiDigit(unpadded[^(digits + 1)])) digits++;
        if (digits == 0 || !unpadded[..^digits].EndsWith(" t")) return 0;
        return int.TryParse(unpadded[^digits..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number + 1 : 0;
    }

    private static List<string> TextsOf(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var input)) return [];
        if (input.ValueKind != JsonValueKind.Array) return [input.ValueKind == JsonValueKind.String ? input.GetString()! : ""];
        // An array of numbers is one input that is already tokens.
        if (input.EnumerateArray().FirstOrDefault().ValueKind == JsonValueKind.Number) return [input.GetRawText()];
        return [.. input.EnumerateArray().Select(one => one.ValueKind == JsonValueKind.String ? one.GetString()! : one.GetRawText())];
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Flag(JsonElement item, string name) => item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static int? Number(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;
}
