using System.Buffers;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>A streamed answer whose first event says which models were asked in vain before.</summary>
internal sealed class FallbackAnswer : InferenceAnswer
{
    private readonly InferenceAnswer _answer;
    private byte[]? _failed;

    private FallbackAnswer(InferenceAnswer answer, byte[] failed) => (_answer, _failed) = (answer, failed);

    public override string NodeId => _answer.NodeId;

    public override string Model => _answer.Model;

    public override bool IsEventStream => true;

    public override string ContentType => _answer.ContentType;

    public override ReadOnlyMemory<byte> Body => default;

    public override Fault? Fault => _answer.Fault;

    public override Usage Usage => _answer.Usage;

    /// <summary>The answer with <c>failed_models</c> in it. Takes over the answer.</summary>
    public static InferenceAnswer Over(InferenceAnswer answer, IReadOnlyList<FailedModel> failed)
    {
        var list = MultimodelJson.FailedModels(failed);
        if (answer.IsEventStream)
        {
            return new FallbackAnswer(answer, [.. ",\"failed_models\":"u8, .. WholeAnswer.ToBytes(list)]);
        }

        if (AnswerMerge.Parse(answer) is not { } root)
        {
            return answer;
        }

        root["failed_models"] = list;
        return new WholeAnswer(WholeAnswer.ToBytes(root), answer.ContentType, answer.NodeId, answer.Model, answer.Usage) { Source = answer };
    }

    public override ValueTask<bool> WaitAsync(CancellationToken cancellation) => _answer.WaitAsync(cancellation);

    public override bool TryRead(out StreamEvent next)
    {
        if (!_answer.TryRead(out next))
        {
            return false;
        }

        if (_failed is { } failed && !next.IsSeam && next.Data.Span.LastIndexOf((byte)'}') is > 0 and var end)
        {
            _failed = null;
            var output = new ArrayBufferWriter<byte>(next.Data.Length + failed.Length);
            output.Write(next.Data.Span[..end]);
            output.Write(failed);
            output.Write(next.Data.Span[end..]);
            next = new StreamEvent(output.WrittenMemory);
        }

        return true;
    }

    public override ValueTask DisposeAsync() => _answer.DisposeAsync();
}
