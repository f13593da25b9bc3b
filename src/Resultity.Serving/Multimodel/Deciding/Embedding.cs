using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Answers;
using Resultity.Serving.Multimodel.Members;

namespace Resultity.Serving.Multimodel.Deciding;

/// <summary>Vectors for answers, from a model of this cloud.</summary>
internal static class Embedding
{
    /// <summary>Asks for the vectors of some texts.</summary>
    public static async ValueTask<(Outcome<float[][]> Vectors, Usage Usage)> MeasureAsync(ParallelCall call, IReadOnlyList<string> texts)
    {
        var pipeline = call.Runner.Pipeline;
        if ((call.Spec.Vote.Model ?? FirstModel(call)) is not { } model)
        {
            return (new Fault(FaultKind.Unavailable, "no_capable_node", "No model makes embeddings now. Name one in 'vote.model'."), default);
        }

        // An empty text has no meaning to measure, and servers refuse it.
        var body = WholeAnswer.ToBytes(new JsonObject
        {
            ["input"] = new JsonArray([.. texts.Select(static text => (JsonNode)(text.Length == 0 ? " " : text))]),
            ["encoding_format"] = "float",
        });
        var request = SideRequest.Make(call.Request, InferenceEndpoint.Embeddings, model, body, stream: false);
        if (!(await pipeline.StartOneAsync(request, call.Caller).ConfigureAwait(false)).TryGet(out var answer, out var fault))
        {
            return (fault, default);
        }

        await using (answer.ConfigureAwait(false))
        {
            return (Read(answer.Body, texts.Count), answer.Usage);
        }
    }

    private static string? FirstModel(ParallelCall call) =>
        call.Runner.Pipeline.Catalog.List(call.Request.Caller).FirstOrDefault(static model => model.Endpoints.Contains(InferenceEndpoint.Embeddings.Path))?.Id;

    private static Outcome<float[][]> Read(ReadOnlyMemory<byte> body, int count)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var vectors = document.RootElement.GetProperty("data").EnumerateArray()
                .Select(static item => item.GetProperty("embedding").EnumerateArray().Select(static x => x.GetSingle()).ToArray()).ToArray();
            if (vectors.Length == count && vectors[0].Length > 0 && vectors.All(vector => vector.Length == vectors[0].Length))
            {
                return vectors;
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
        }

        return new Fault(FaultKind.BadNodeAnswer, "bad_node_answer", "The embeddings of the answers could not be used.");
    }
}
