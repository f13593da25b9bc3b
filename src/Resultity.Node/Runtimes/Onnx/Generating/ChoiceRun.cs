using Resultity.Onnx.Text;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Node.Runtimes.Onnx.Generating;

/// <summary>One answer as it is written: tokens in, pieces of text and tool calls out. For one consumer.</summary>
internal sealed class ChoiceRun : IDisposable
{
    private readonly LoadedTextModel _model;
    private readonly Generation _generation;
    private readonly TokenStream _text;
    private readonly StopMatcher _stops;
    private readonly ToolCallParser? _calls;
    private readonly bool _oneCall;
    private readonly bool _logprobs;
    private bool _ended;

    /// <param name="model">Who writes.</param>
    /// <param name="generation">The running sequence, which is this object's from now on.</param>
    /// <param name="stops">Stop strings.</param>
    /// <param name="calls">Takes tool calls out of the text, or null.</param>
    /// <param name="oneCall">Whether the answer ends with its first tool call.</param>
    /// <param name="logprobs">Whether log-probabilities are kept.</param>
    /// <param name="atStart">Whether the answer begins a text of its own instead of going on from one.</param>
    public ChoiceRun(LoadedTextModel model, Generation generation, IReadOnlyList<string> stops, ToolCallParser? calls, bool oneCall, bool logprobs, bool atStart)
    {
        (_model, _generation, _calls, _oneCall, _logprobs) = (model, generation, calls, oneCall, logprobs);
        _text = new TokenStream(model.Tokenizer, skipSpecial: true, atStart, calls is null ? null : model.ShownTokens);
        _stops = new StopMatcher(stops);
    }

    /// <summary>Tokens of this answer.</summary>
    public int Tokens { get; private set; }

    /// <summary>Tokens of the prompt that were not computed again.</summary>
    public int CachedTokens => _generation.CachedTokens;

    /// <summary>Sum of the tokens' log-probabilities.</summary>
    public double LogprobSum { get; private set; }

    /// <summary>Log-probabilities of tokens not yet sent; the consumer takes them and clears the list.</summary>
    public List<LogprobEntry> Logprobs { get; } = [];

    /// <summary>Why the answer ended, in OpenAI's words; null while it goes on.</summary>
    public string? FinishReason { get; private set; }

    /// <summary>Adds the pieces that the tokens waiting now complete; waits for at least one token.</summary>
    /// <returns>False when the answer has ended, with its last pieces added.</returns>
    public async ValueTask<bool> NextAsync(List<AnswerPart> parts, CancellationToken cancellation)
    {
        if (_ended) return false;
        if (!await _generation.WaitAsync(cancellation))
        {
            End(parts);
            return false;
        }
        while (!_ended && _generation.TryRead(out var token)) Take(token, parts);
        return !_ended;
    }

    public void Dispose() => _generation.Dispose();

    private void Take(GeneratedToken token, List<AnswerPart> parts)
    {
        Tokens++;
        if (_logprobs)
        {
            LogprobSum += token.Logprob;
            Logprobs.Add(new LogprobEntry(Candidate(token.Token, token.Logprob), [.. (token.Top ?? []).Select(top => Candidate(top.Token, top.Logprob))]));
        }
        Give(_stops.Append(_text.Append(token.Token)), parts);
        if (_stops.Matched is null && !(_oneCall && _calls?.CallsEnded > 0)) return;
        _generation.Cancel();
        _ended = true;
        if (_stops.Matched is not null) _calls?.Flush(parts);
        FinishReason = _calls?.Calls > 0 ? "tool_calls" : "stop";
    }

    private void End(List<AnswerPart> parts)
    {
        _ended = true;
        Give(_stops.Append(_text.Flush()) + _stops.Flush(), parts);
        _calls?.Flush(parts);
        FinishReason = _generation.Finish switch
        {
            Resultity.Onnx.Text.FinishReason.Stop => _calls?.Calls > 0 ? "tool_calls" : "stop",
            Resultity.Onnx.Text.FinishReason.Length => "length",
            Resultity.Onnx.Text.FinishReason.Failed => throw new InvalidOperationException("The generation failed.", _generation.Error),
            _ => throw new OperationCanceledException("The engine stopped."),
        };
    }

    private void Give(string text, List<AnswerPart> parts)
    {
        if (text.Length == 0) return;
        if (_calls is null) parts.Add(new AnswerPart(AnswerPartKind.Text, text));
        else _calls.Append(text, parts);
    }

    private LogprobCandidate Candidate(int token, float logprob) => new(_model.Tokenizer.GetTokenBytes(token), logprob);
}
