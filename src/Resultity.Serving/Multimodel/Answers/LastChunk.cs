using System.Text.Json.Nodes;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>The last event of a stream that several models had a part in: the <c>multimodel</c> block, and the usage if it was asked for.</summary>
internal static class LastChunk
{
    public static byte[] Write(ParallelCall call, ChunkIdentity? identity)
    {
        var block = MultimodelJson.Block(call);
        if (identity is { HasChoices: false })
        {
            return WholeAnswer.ToBytes(new JsonObject { ["type"] = "multimodel.completed", ["multimodel"] = block, ["usage"] = MultimodelJson.Usage(call.Usage) });
        }

        var request = call.Request;
        var chat = request.Endpoint == InferenceEndpoint.ChatCompletions;
        var choices = new JsonArray();
        if (!request.IncludeUsage)
        {
            // Clients that did not ask for a chunk without choices look at the first choice of each.
            var choice = new JsonObject { ["index"] = 0, ["finish_reason"] = null };
            choice[chat ? "delta" : "text"] = chat ? new JsonObject() : "";
            choices.Add((JsonNode)choice);
        }

        var chunk = new JsonObject
        {
            ["id"] = identity?.Id ?? request.Id,
            ["object"] = chat ? "chat.completion.chunk" : "text_completion",
            ["created"] = identity?.Created ?? call.Runner.Pipeline.Time.GetUtcNow().ToUnixTimeSeconds(),
            ["model"] = call.Decision?.Winner?.Model ?? call.Plan.Label,
            ["choices"] = choices,
            ["multimodel"] = block,
        };
        if (request.IncludeUsage)
        {
            chunk["usage"] = MultimodelJson.Usage(call.Usage);
        }

        return WholeAnswer.ToBytes(chunk);
    }
}
