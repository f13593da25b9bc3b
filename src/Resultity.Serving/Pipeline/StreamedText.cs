using System.Buffers;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline.Answers;

namespace Resultity.Serving.Pipeline;

/// <summary>What has come of a streamed answer so far: which chunks the client is to see, what was used, and how the rest could be asked for elsewhere.</summary>
internal sealed class StreamedText(InferenceRequest request, string model)
{
    private readonly ArrayBufferWriter<byte>? _text = Continuation.IsPossible(request) ? new ArrayBufferWriter<byte>() : null;
    private readonly Repetition? _repetition = Repetition.IsPossible(request) ? new Repetition() : null;
    private ReadOnlyMemory<byte> _firstChunk;
    private Continuation? _continuation;
    private Usage? _reported;
    private ChoiceUsage? _choices;
    private int _chunks;

    /// <summary>Whether the rest can be asked for elsewhere.</summary>
    public bool CanContinue => _text is not null || _repetition is not null;

    /// <summary>Whether only a node that goes on from an unfinished text can give the rest; else any can, which computes the answer again.</summary>
    public bool NeedsContinuingNode => _text is not null;

    /// <summary>Whether an answer that is computed again has not yet come to what the client lacks.</summary>
    public bool IsBehind => _repetition is { IsBehind: true };

    /// <summary>The model has said that it has finished.</summary>
    public bool HasFinished { get; private set; }

    /// <summary>The node's figures, or an estimate from the chunks so far.</summary>
    public Usage Usage => _reported ?? (request.Endpoint.IsMedia ? default : new Usage(_chunks == 0 ? 0 : request.Body.Length / 4, _chunks));

    /// <summary>Takes a chunk in.</summary>
    /// <param name="data">The chunk; replaced by what the client is to see.</param>
    /// <param name="fault">Why the answer cannot go on with this chunk.</param>
    /// <returns>Whether the client is to see it.</returns>
    public bool Accept(ref ReadOnlyMemory<byte> data, out Fault? fault)
    {
        if (data.Span.SequenceEqual("null"u8))
        {
            // llama-server begins the stream of several prompts with such an event.
            fault = null;
            return false;
        }

        var facts = ChunkScan.Read(data.Span, _text);
        if (!facts.IsValid || facts.HasError)
        {
            fault = NodeFaults.Garbled(facts.HasError ? "its runtime reported an error" : "an event is not a JSON object");
            return false;
        }

        fault = null;
        if (_repetition is not null && facts.HasChoices)
        {
            switch (_repetition.Take(data.Span))
            {
                case Repetition.Verdict.Told:
                    _chunks += facts.HasText ? 1 : 0;
                    return false;
                case Repetition.Verdict.Different:
                    fault = NodeFaults.Diverged;
                    return false;
                default:
                    break;
            }
        }

        _chunks += facts.HasText ? 1 : 0;
        HasFinished |= facts.IsFinished;
        if (facts.Usage is { } usage)
        {
            // Of several pictures each has its own.
            _reported = request.Endpoint.IsMedia ? _reported.GetValueOrDefault() + usage
                : _continuation?.Adopt(usage) ?? (_choices ??= new ChoiceUsage(request)).Add(usage);
        }

        if (request.Endpoint.IsMedia)
        {
            return true;
        }

        if (!facts.HasChoices && facts.Usage is not null && (!request.IncludeUsage || _choices?.Pass(ref data) == false))
        {
            return false;
        }

        if (_continuation is not null)
        {
            // The second answer's opening chunk says only the role, which has been said.
            var isOpening = _repetition is null && facts is { HasText: false, IsFinished: false, HasChoices: true };
            data = isOpening ? data : _continuation.Adopt(data.Span);
            return !isOpening;
        }

        if (CanContinue && _firstChunk.IsEmpty)
        {
            _firstChunk = data.ToArray();
        }

        return true;
    }

    /// <summary>What the client is to see at the end and was kept back until then.</summary>
    public bool TryTakeHeld(out ReadOnlyMemory<byte> data)
    {
        data = default;
        return _choices?.TryTakeHeld(out data) == true;
    }

    /// <summary>Notes the usage of a whole answer.</summary>
    public void Report(Usage usage) => _reported = usage;

    /// <summary>Makes what follows the rest of an answer whose beginning the client has.</summary>
    /// <returns>The body that asks for the rest; <see langword="null"/> if this request leaves no way to ask for it.</returns>
    public byte[]? ContinueFrom(AnswerSoFar soFar)
    {
        _chunks = soFar.Tokens;
        _firstChunk = soFar.FirstChunk;
        _text?.ResetWrittenCount();
        _text?.Write(soFar.Text);
        return Continue();
    }

    /// <summary>Makes what follows the rest of what has come so far.</summary>
    /// <returns>The body that asks for the rest; <see langword="null"/> if this request leaves no way to ask for it.</returns>
    public byte[]? Continue()
    {
        if (_text is null)
        {
            _repetition?.Begin();
        }

        _continuation = new Continuation(request, _text is null ? 0 : _chunks);
        _continuation.RememberIdentity(_firstChunk.Span);
        if (_text is not null)
        {
            return _continuation.BuildBody(model, _text.WrittenSpan);
        }

        _chunks = 0;
        return _repetition is null ? null : BodyRewriter.Rewrite(request, model).ToArray();
    }
}
