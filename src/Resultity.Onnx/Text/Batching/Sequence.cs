using System.Runtime.InteropServices;
using Resultity.Onnx.Text.Decoding;
using Resultity.Onnx.Text.Sampling;

namespace Resultity.Onnx.Text.Batching;

/// <summary>One request's state in the batch. Owned by the engine's thread once accepted.</summary>
internal sealed class Sequence
{
    private readonly List<int> _written = [];

    /// <exception cref="ArgumentException">The request is outside the model's limits.</exception>
    public Sequence(GenerationRequest request, TextModelConfig config, long now)
    {
        var prompt = request.Prompt.Span;
        if (prompt.IsEmpty) throw new ArgumentException("The prompt has no tokens.", nameof(request));
        if (prompt.Length >= config.ContextLength)
            throw new ArgumentException($"The prompt has {prompt.Length} tokens; the context of {config.ContextLength} must hold them and an answer.", nameof(request));
        foreach (var token in prompt)
            if ((uint)token >= (uint)config.VocabularySize) throw new ArgumentException($"The prompt holds token {token}; there are {config.VocabularySize}.", nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(request.MaxTokens, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfNegative(request.TopLogprobs, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.TopLogprobs, 20, nameof(request));
        Request = request;
        EndTokens = [.. request.EndTokens ?? config.EndTokens];
        TokenLimit = Math.Min(request.MaxTokens, config.ContextLength - prompt.Length);
        Sampler = new Sampler(request.Sampling, prompt, config.VocabularySize);
        Generation = new Generation(prompt.Length);
        Since = now;
    }

    public GenerationRequest Request { get; }
    public Generation Generation { get; }
    public Sampler Sampler { get; }
    public int[] EndTokens { get; }

    /// <summary>Tokens it may write.</summary>
    public int TokenLimit { get; }

    /// <summary>Its place in the decoder, while it has a slot.</summary>
    public KvRow? Row { get; set; }

    /// <summary>Timestamp of entering the queue, then of getting a slot.</summary>
    public long Since { get; set; }

    /// <summary>Whether the computation of its prompt has begun.</summary>
    public bool Begun { get; set; }

    public int Written => _written.Count;

    /// <summary>The last token written, which the next step computes.</summary>
    public int Last => _written[^1];

    /// <summary>Prompt tokens not computed yet.</summary>
    public ReadOnlySpan<int> Remaining => Request.Prompt.Span[Row!.Length..];

    public void Append(int token) => _written.Add(token);

    /// <summary>How many leading tokens another prompt shares with it, the answer so far included.</summary>
    public int CommonPrefix(ReadOnlySpan<int> prompt)
    {
        var own = Request.Prompt.Span;
        var common = own.CommonPrefixLength(prompt);
        if (common == own.Length) common += CollectionsMarshal.AsSpan(_written).CommonPrefixLength(prompt[common..]);
        return common;
    }

    /// <summary>The tokens whose keys and values its row holds.</summary>
    public int[] ComputedTokens()
    {
        var tokens = new int[Row!.Length];
        var prompt = Request.Prompt.Span;
        var fromPrompt = Math.Min(prompt.Length, tokens.Length);
        prompt[..fromPrompt].CopyTo(tokens);
        _written.CopyTo(0, tokens, fromPrompt, tokens.Length - fromPrompt);
        return tokens;
    }
}
