using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>A whole answer given as events, for a client that wants events of an answer that had to be whole before it was decided on.</summary>
internal sealed class RetoldAnswer : InferenceAnswer
{
    /// <summary>Pieces about as long as tokens, so that clients show it as they show others.</summary>
    private const int PieceLength = 24;

    private readonly WholeAnswer _whole;
    private readonly Queue<byte[]> _chunks;

    private RetoldAnswer(WholeAnswer whole, Queue<byte[]> chunks) => (_whole, _chunks) = (whole, chunks);

    public override string NodeId => _whole.NodeId;

    public override string Model => _whole.Model;

    public override bool IsEventStream => true;

    public override string ContentType => "text/event-stream";

    public override ReadOnlyMemory<byte> Body => default;

    public override Fault? Fault => null;

    public override Usage Usage => _whole.Usage;

    /// <summary>Cuts an answer into events.</summary>
    public static RetoldAnswer Of(ParallelCall call, WholeAnswer whole, JsonObject root)
    {
        var chunks = new Queue<byte[]>();
        var chat = call.Request.Endpoint == InferenceEndpoint.ChatCompletions;
        if (root["choices"] is JsonArray { Count: > 0 } choices && choices[0] is JsonObject choice)
        {
            foreach (var part in chat ? Deltas(choice["message"] as JsonObject ?? []) : Texts(AnswerText.Read(root) ?? "").Select(static text => (JsonNode)text))
            {
                chunks.Enqueue(Chunk(root, chat, part, null));
            }

            chunks.Enqueue(Chunk(root, chat, chat ? new JsonObject() : "", choice["finish_reason"]?.DeepClone() ?? "stop"));
        }
        else
        {
            chunks.Enqueue(whole.Body.ToArray());
        }

        chunks.Enqueue(LastChunk.Write(call, ChunkIdentity.Of(chunks.Peek())));
        return new RetoldAnswer(whole, chunks);
    }

    public override ValueTask<bool> WaitAsync(CancellationToken cancellation) => new(_chunks.Count > 0);

    public override bool TryRead(out StreamEvent next)
    {
        var any = _chunks.TryDequeue(out var chunk);
        next = new StreamEvent(chunk);
        return any;
    }

    public override ValueTask DisposeAsync() => _whole.DisposeAsync();

    private static byte[] Chunk(JsonObject root, bool chat, JsonNode part, JsonNode? finish) => WholeAnswer.ToBytes(new JsonObject
    {
        ["id"] = root["id"]?.DeepClone(),
        ["object"] = chat ? "chat.completion.chunk" : "text_completion",
        ["created"] = root["created"]?.DeepClone(),
        ["model"] = root["model"]?.DeepClone(),
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, [chat ? "delta" : "text"] = part, ["finish_reason"] = finish }),
    });

    private static IEnumerable<JsonNode> Deltas(JsonObject message)
    {
        yield return new JsonObject { ["role"] = "assistant", ["content"] = "" };
        foreach (var (name, value) in message)
        {
            if (value is null || name == "role")
            {
                continue;
            }

            if (name is "content" or "reasoning_content" && value is JsonValue text)
            {
                foreach (var piece in Texts(text.ToString()))
                {
                    yield return new JsonObject { [name] = piece };
                }
            }
            else if (name == "tool_calls" && value is JsonArray calls)
            {
                yield return new JsonObject { [name] = new JsonArray([.. calls.OfType<JsonObject>().Select(Numbered)]) };
            }
            else
            {
                yield return new JsonObject { [name] = value.DeepClone() };
            }
        }
    }

    private static JsonObject Numbered(JsonObject call, int index)
    {
        var numbered = (JsonObject)call.DeepClone();
        numbered["index"] = index;
        return numbered;
    }

    private static IEnumerable<string> Texts(string text)
    {
        for (var from = 0; from < text.Length;)
        {
            var end = from + PieceLength >= text.Length ? -1 : text.IndexOf(' ', from + PieceLength);
            end = end < 0 ? text.Length : end;
            yield return text[from..end];
            from = end;
        }
    }
}
