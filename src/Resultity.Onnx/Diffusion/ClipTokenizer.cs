using System.Buffers;
using System.Text;
using System.Text.Json;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Diffusion;

/// <summary>A prompt as the fixed number of tokens that CLIP's text towers take: start, text, end, padding.</summary>
internal sealed class ClipTokenizer
{
    private const string StartMark = "<|startoftext|>", EndMark = "<|endoftext|>";

    private readonly Tokenizer _tokenizer;
    private readonly int _start, _end, _pad;

    private ClipTokenizer(Tokenizer tokenizer, int length, int start, int end, int pad) =>
        (_tokenizer, Length, _start, _end, _pad) = (tokenizer, length, start, end, pad);

    /// <summary>How many tokens a prompt becomes.</summary>
    public int Length { get; }

    /// <summary>Reads tokenizer.json, or the older pair of vocab.json and merges.txt.</summary>
    /// <exception cref="ModelLoadException">The folder holds no such tokenizer.</exception>
    public static ClipTokenizer Load(string folder, int? positions)
    {
        try
        {
            var tokenizer = File.Exists(Path.Combine(folder, "tokenizer.json")) ? Tokenizer.Load(folder) : Tokenizer.Parse(FromPair(folder));
            var config = ConfigFile.TryRead(folder, "tokenizer_config.json");
            var length = config?.Number("model_max_length", 3, 4096) ?? positions ?? 77;
            int Id(string name) => tokenizer.FindToken(name) ?? throw new ModelLoadException($"{folder}: the tokenizer has no token '{name}'.");
            var special = ConfigFile.TryRead(folder, "special_tokens_map.json");
            var pad = special?.TokenText("pad_token") ?? config?.TokenText("pad_token") ?? EndMark;
            return new ClipTokenizer(tokenizer, length, Id(StartMark), Id(EndMark), Id(pad));
        }
        catch (TokenizerFormatException e)
        {
            throw new ModelLoadException($"'{folder}': {e.Message}", e);
        }
    }

    /// <summary>The tokens of a prompt, and how many of them are the text's own; what does not fit is cut off.</summary>
    public (int[] Tokens, int Count) Encode(string prompt)
    {
        var text = _tokenizer.Encode(prompt, addSpecialTokens: false, parseSpecialTokens: false);
        var tokens = new int[Length];
        Array.Fill(tokens, _pad);
        var count = Math.Min(text.Length, Length - 2);
        tokens[0] = _start;
        text.AsSpan(0, count).CopyTo(tokens.AsSpan(1));
        tokens[count + 1] = _end;
        return (tokens, count);
    }

    /// <summary>The tokenizer.json that CLIP's older files stand for.</summary>
    private static byte[] FromPair(string folder)
    {
        string vocabulary = Path.Combine(folder, "vocab.json"), merges = Path.Combine(folder, "merges.txt");
        if (!File.Exists(vocabulary) || !File.Exists(merges)) throw new ModelLoadException($"{folder} holds neither tokenizer.json nor vocab.json and merges.txt.");
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartArray("added_tokens");
        using (var document = JsonDocument.Parse(File.ReadAllBytes(vocabulary)))
        {
            foreach (var mark in (string[])[StartMark, EndMark])
            {
                if (!document.RootElement.TryGetProperty(mark, out var id)) throw new ModelLoadException($"{vocabulary} has no token '{mark}'.");
                json.WriteRawValue($$"""{"id":{{id.GetInt32()}},"content":"{{mark}}","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}""");
            }
        }

        json.WriteEndArray();
        json.WritePropertyName("normalizer");
        json.WriteRawValue("""{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}""");
        json.WritePropertyName("pre_tokenizer");
        json.WriteRawValue("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},"behavior":"Removed","invert":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}""");
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteString("unk_token", EndMark);
        json.WriteString("continuing_subword_prefix", "");
        json.WriteString("end_of_word_suffix", "</w>");
        json.WritePropertyName("vocab");
        json.WriteRawValue(File.ReadAllBytes(vocabulary));
        json.WriteStartArray("merges");
        foreach (var line in File.ReadLines(merges, Encoding.UTF8).Where(static line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal))) json.WriteStringValue(line);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
