using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Speech;

/// <summary>The tokens of control of a Whisper-type vocabulary. Text tokens lie below the end token, the times above the last of the others.</summary>
internal sealed class WhisperTokens
{
    private WhisperTokens(Tokenizer tokenizer)
    {
        End = Find(tokenizer, "<|endoftext|>");
        Start = Find(tokenizer, "<|startoftranscript|>");
        Previous = Find(tokenizer, "<|startofprev|>");
        NoTimes = Find(tokenizer, "<|notimestamps|>");
        NoSpeech = tokenizer.FindToken("<|nospeech|>") ?? tokenizer.FindToken("<|nocaptions|>");
        Translate = tokenizer.FindToken("<|translate|>");
        Transcribe = tokenizer.FindToken("<|transcribe|>");
        foreach (var code in WhisperLanguages.Codes)
            if (tokenizer.FindToken($"<|{code}|>") is { } token) Languages[code] = token;
        // Older files leave the times out, but the model has them: they follow this token.
        FirstTime = NoTimes + 1;
    }

    public int End { get; }
    public int Start { get; }
    public int Previous { get; }
    public int NoTimes { get; }
    public int? NoSpeech { get; }
    public int? Translate { get; }
    public int? Transcribe { get; }
    public int FirstTime { get; }

    /// <summary>The token of each language that the model knows; empty for a model of English only.</summary>
    public Dictionary<string, int> Languages { get; } = new(StringComparer.Ordinal);

    public bool Multilingual => Languages.Count > 0 && Transcribe is not null;

    public bool IsTime(int token) => token >= FirstTime;

    public bool IsText(int token) => token < End;

    /// <exception cref="ModelLoadException">It is not the tokenizer of such a model.</exception>
    public static WhisperTokens Read(Tokenizer tokenizer)
    {
        var tokens = new WhisperTokens(tokenizer);
        if (tokens.Start < tokens.End || tokens.NoTimes < tokens.Start) throw new ModelLoadException("tokenizer.json: a Whisper-type vocabulary has its tokens of control after those of text.");
        return tokens;
    }

    private static int Find(Tokenizer tokenizer, string name) =>
        tokenizer.FindToken(name) ?? throw new ModelLoadException($"tokenizer.json has no token {name}; a Whisper-type model has one.");
}
