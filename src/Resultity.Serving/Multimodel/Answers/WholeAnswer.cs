using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>An answer that is there as a whole, in memory of its own.</summary>
internal sealed class WholeAnswer(ReadOnlyMemory<byte> body, string contentType, string nodeId, string model, Usage usage) : InferenceAnswer
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An answer that is disposed of with this one.</summary>
    public InferenceAnswer? Source { get; init; }

    public override string NodeId => nodeId;

    public override string Model => model;

    public override bool IsEventStream => false;

    public override string ContentType => contentType;

    public override ReadOnlyMemory<byte> Body => body;

    public override Fault? Fault => null;

    public override Usage Usage => usage;

    /// <summary>The answers of all members that have one.</summary>
    public static WholeAnswer OfAll(ParallelCall call)
    {
        var succeeded = call.Succeeded.ToList();
        return AnswerMerge.Merge(succeeded, call.Plan.Label) is { } merged ? Make(call, merged, succeeded) : Of(call, succeeded[0]);
    }

    /// <summary>One member's answer.</summary>
    public static WholeAnswer Of(ParallelCall call, Member winner)
    {
        var answer = winner.Answer!;
        return AnswerMerge.Parse(answer) is { } root
            ? Make(call, root, [winner])
            : new WholeAnswer(answer.Body.ToArray(), answer.ContentType, answer.NodeId, answer.Model, call.Usage);
    }

    /// <summary>An answer that was made of those of members.</summary>
    public static WholeAnswer Make(ParallelCall call, JsonObject root, IReadOnlyList<Member> served) =>
        Make(call, root, Join(served.Select(static one => one.Answer!.NodeId)), Join(served.Select(static one => one.Model)));

    /// <summary>An answer that a node and a model are named for.</summary>
    public static WholeAnswer Make(ParallelCall call, JsonObject root, string nodeId, string model)
    {
        AnswerMerge.SetUsage(root, call);
        root["multimodel"] = MultimodelJson.Block(call);
        return new WholeAnswer(ToBytes(root), "application/json", nodeId, model, call.Usage);
    }

    /// <summary>JSON as it is sent.</summary>
    public static byte[] ToBytes(JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            node.WriteTo(writer);
        }

        return buffer.ToArray();
    }

    /// <summary>Different names, with commas between.</summary>
    public static string Join(IEnumerable<string> names) => string.Join(',', names.Where(static name => name.Length > 0).Distinct(StringComparer.Ordinal));

    public override ValueTask<bool> WaitAsync(CancellationToken cancellation) => new(false);

    public override bool TryRead(out StreamEvent next)
    {
        next = default;
        return false;
    }

    public override ValueTask DisposeAsync() => Source?.DisposeAsync() ?? default;
}
