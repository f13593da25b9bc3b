using System.Text;
using System.Text.Json;
using Resultity.Onnx.Tokenizers.Decoders;
using Resultity.Onnx.Tokenizers.Models;
using Resultity.Onnx.Tokenizers.Normalizers;
using Resultity.Onnx.Tokenizers.PreTokenizers;

namespace Resultity.Onnx.Tokenizers;

/// <summary>
/// Text to token ids and back, as Hugging Face's tokenizer.json describes it: byte-level and SentencePiece BPE, WordPiece, Unigram.
/// </summary>
/// <remarks>Immutable and thread-safe. The file format is that of huggingface/tokenizers; what this reader does not know, it refuses.</remarks>
public sealed class Tokenizer
{
    private readonly string?[] _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, AddedToken> _added;
    private readonly AddedTokenSet _literal;
    private readonly AddedTokenSet _normalized;
    private readonly INormalizer? _normalizer;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly ITokenModel _model;
    private readonly SequenceFrame _frame;
    private readonly Spelling _spelling;

    private Tokenizer(JsonElement root)
    {
        _model = ModelReader.Read(root);
        _normalizer = NormalizerReader.Read(root.Member("normalizer"));
        _preTokenizer = PreTokenizerReader.Read(root.Member("pre_tokenizer"));
        _frame = SequenceFrame.Read(root.Member("post_processor"));
        _added = ReadAdded(root);
        // A special token is looked for in the text as it is, so that what is trusted stays known by position.
        _literal = new(_added.Values.Where(static token => token.Special || !token.Normalized));
        _normalized = new(_added.Values.Where(static token => !token.Special && token.Normalized)
            .Select(token => _normalizer is null ? token : token with { Content = _normalizer.Normalize(token.Content) }));
        _ids = new(_model.Vocabulary, StringComparer.Ordinal);
        foreach (var token in _added.Values) _ids[token.Content] = token.Id;
        _tokens = new string?[_ids.Values.DefaultIfEmpty(-1).Max() + 1];
        foreach (var (token, id) in _ids) _tokens[id] = token;
        _spelling = Spelling.Read(root.Member("decoder"), _tokens, _added);
    }

    /// <summary>One more than the largest token id. A model's logits may be wider than this, for alignment.</summary>
    public int VocabularySize => _tokens.Length;

    internal bool DropsFirstSpace => _spelling.DropsFirstSpace;

    /// <summary>Reads <c>tokenizer.json</c> in a model's folder.</summary>
    /// <exception cref="TokenizerFormatException">The file is absent, broken, or of a kind that is not supported.</exception>
    public static Tokenizer Load(string folder)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(path)) throw new TokenizerFormatException($"'{path}' does not exist");
        return Parse(File.ReadAllBytes(path));
    }

    /// <summary>Reads the UTF-8 text of a tokenizer.json.</summary>
    /// <exception cref="TokenizerFormatException">The text is broken, or of a kind that is not supported.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return new Tokenizer(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new TokenizerFormatException($"tokenizer.json is broken: {error.Message}", error);
        }
    }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecialTokens">Whether to put the tokens around it that the model was trained with, such as the begin of sequence.</param>
    /// <param name="parseSpecialTokens">Whether special tokens are recognised in the text; never true for what a user wrote.</param>
    public int[] Encode(string text, bool addSpecialTokens, bool parseSpecialTokens) =>
        Encode(text, addSpecialTokens, parseSpecialTokens || text.Length == 0 ? [] : [new PlainRange(0, text.Length)]);

    /// <summary>The ids of a text in which special tokens are recognised except in the parts that came from outside.</summary>
    /// <param name="text">A rendered prompt.</param>
    /// <param name="addSpecialTokens">Whether to put the tokens around it that the model was trained with.</param>
    /// <param name="plain">What came from outside: ordered, not overlapping.</param>
    public int[] Encode(string text, bool addSpecialTokens, ReadOnlySpan<PlainRange> plain)
    {
        var output = new List<int>((text.Length / 3) + 8);
        if (addSpecialTokens) output.AddRange(_frame.Prefix);
        var done = 0;
        while (_literal.Next(text, done, plain) is var (token, start, end))
        {
            EncodePart(text[done..start], done == 0, output);
            output.Add(token.Id);
            done = end;
        }
        EncodePart(done == 0 ? text : text[done..], done == 0, output);
        if (addSpecialTokens) output.AddRange(_frame.Suffix);
        return [.. output];
    }

    /// <summary>The bytes that a token stands for; they need not be whole UTF-8 characters. Empty for an id without a token.</summary>
    public ReadOnlyMemory<byte> GetTokenBytes(int id) => _spelling[id];

    /// <summary>Whether the token is one of control, such as the end of a turn, and no part of any text.</summary>
    public bool IsSpecial(int id) => _added.TryGetValue(id, out var token) && token.Special;

    /// <summary>The id of a token by its name in the vocabulary, such as <c>&lt;|im_end|&gt;</c>.</summary>
    public int? FindToken(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>The text of a whole sequence; bytes that are no UTF-8 become U+FFFD.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial)
    {
        var bytes = new MemoryStream(ids.Length * 4);
        foreach (var id in ids)
        {
            if (skipSpecial && IsSpecial(id)) continue;
            var part = _spelling[id].Span;
            if (bytes.Length == 0 && DropsFirstSpace && part.StartsWith(" "u8)) part = part[1..];
            bytes.Write(part);
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private void EncodePart(string part, bool atStart, List<int> output)
    {
        if (part.Length == 0) return;
        var text = _normalizer?.Normalize(part) ?? part;
        var done = 0;
        while (!_normalized.IsEmpty && _normalized.Next(text, done, []) is var (token, start, end))
        {
            EncodeWords(text.AsMemory(done..start), atStart && done == 0, output);
            output.Add(token.Id);
            done = end;
        }
        EncodeWords(text.AsMemory(done), atStart && done == 0, output);
    }

    private void EncodeWords(ReadOnlyMemory<char> text, bool atStart, List<int> output)
    {
        if (text.IsEmpty) return;
        if (_preTokenizer is null)
        {
            _model.Encode(text.Span, output);
            return;
        }
        var words = new List<Piece>();
        _preTokenizer.Split(new Piece(text, atStart), words);
        foreach (var word in words) _model.Encode(word.Text.Span, output);
    }

    private static Dictionary<int, AddedToken> ReadAdded(JsonElement root)
    {
        var result = new Dictionary<int, AddedToken>();
        if (root.Member("added_tokens") is null) return result;
        foreach (var entry in root.List("added_tokens"))
        {
            var id = entry.Number("id", -1);
            if (id < 0) throw new TokenizerFormatException("tokenizer.json: an added token has no id");
            result[id] = new AddedToken(id, entry.RequiredText("content"), entry.Flag("special"), entry.Flag("single_word"),
                entry.Flag("lstrip"), entry.Flag("rstrip"), entry.Flag("normalized", !entry.Flag("special")));
        }
        return result;
    }
}
