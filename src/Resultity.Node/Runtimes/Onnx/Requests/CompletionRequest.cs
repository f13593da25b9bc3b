using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>A text completion as asked for, checked.</summary>
internal sealed record CompletionRequest
{
    private const int DefaultMaxTokens = 16;

    public required GenerationSettings Settings { get; init; }
    public required IReadOnlyList<TextInput> Prompts { get; init; }
    public required int MaxTokens { get; init; }

    /// <summary>Likeliest alternatives per token, or null for no log-probabilities.</summary>
    public required int? Logprobs { get; init; }

    public required bool Echo { get; init; }

    /// <summary>Answers to make, of which the likeliest are given.</summary>
    public required int BestOf { get; init; }

    public static CompletionRequest Read(JsonElement body, int vocabulary)
    {
        var fields = RequestFields.Of(body, "");
        var settings = GenerationSettings.Read(fields, vocabulary);
        if (fields.Text("suffix") is { Length: > 0 }) throw new InvalidRequestException("This model does not fill in text, so 'suffix' is not supported.", "suffix", "unsupported_parameter");
        var request = new CompletionRequest
        {
            Settings = settings,
            Prompts = TextInput.Read(fields, "prompt", vocabulary, 128) ?? throw fields.Missing("prompt"),
            MaxTokens = (int)(fields.Integer("max_tokens", 0, int.MaxValue) ?? DefaultMaxTokens),
            Logprobs = (int?)fields.Integer("logprobs", 0, 20),
            Echo = fields.Flag("echo"),
            BestOf = (int)(fields.Integer("best_of", 1, 128) ?? settings.Count),
        };
        if (request.BestOf < settings.Count) throw new InvalidRequestException($"'best_of' is {request.BestOf}; it must be at least 'n' ({settings.Count}).", "best_of");
        if (request.BestOf > settings.Count && settings.Stream) throw new InvalidRequestException("'best_of' above 'n' cannot be streamed.", "best_of");
        if (request.Echo && request.Logprobs is not null) throw new InvalidRequestException("This model gives no log-probabilities of the prompt, so 'echo' cannot go with 'logprobs'.", "echo", "unsupported_parameter");
        if (request.MaxTokens == 0 && !request.Echo) throw new InvalidRequestException("'max_tokens' must be at least 1 without 'echo'.", "max_tokens");
        return request;
    }
}
