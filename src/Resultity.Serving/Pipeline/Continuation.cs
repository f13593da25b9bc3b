using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline;

/// <summary>How a broken-off plain text goes on elsewhere: the request that asks for the rest, and the rest's chunks made part of the first answer.</summary>
/// <remarks>Chat asks with a last assistant message and <c>continue_final_message</c>, as vLLM does; a completion's prompt is lengthened.</remarks>
internal sealed class Continuation(InferenceRequest request, int tokensSoFar)
{
    private JsonNode? _id;
    private JsonNode? _created;
    private JsonNode? _model;

    /// <summary>Whether a request of this kind can be continued at all.</summary>
    public static bool IsPossible(InferenceRequest request) =>
        request is { IsPlainText: true, Stream: true }
        && (request.Endpoint == InferenceEndpoint.ChatCompletions || request.Endpoint == InferenceEndpoint.Completions);

    /// <summary>The request for the rest, or <see langword="null"/> if this body leaves no way to ask for it or nothing to ask for.</summary>
    public byte[]? BuildBody(string model, ReadOnlySpan<byte> text)
    {
        if (JsonNode.Parse(request.Body.Span) is not JsonObject body)
        {
            return null;
        }

        var soFar = Encoding.UTF8.GetString(text);
        if (request.Endpoint == InferenceEndpoint.ChatCompletions)
        {
            if (body["messages"] is not JsonArray messages)
            {
                return null;
            }

            Lengthen(body, messages, soFar);
        }
        else if (body["prompt"] is JsonValue prompt && prompt.TryGetValue(out string? start) && body["echo"] is null && body["suffix"] is null)
        {
            body["prompt"] = start + soFar;
        }
        else
        {
            return null;
        }

        foreach (var name in (ReadOnlySpan<string>)["max_tokens", "max_completion_tokens"])
        {
            if (body[name] is JsonValue limit && limit.TryGetValue(out long most))
            {
                if (most <= tokensSoFar)
                {
                    return null;
                }

                body[name] = most - tokensSoFar;
            }
        }

        body["model"] = model;
        body["stream_options"] = new JsonObject { ["include_usage"] = true };
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            body.WriteTo(writer);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Remembers the first answer's identity from one of its chunks.</summary>
    public void RememberIdentity(ReadOnlySpan<byte> chunk)
    {
        var node = JsonNode.Parse(chunk);
        _id = node?["id"]?.DeepClone();
        _created = node?["created"]?.DeepClone();
        _model = node?["model"]?.DeepClone();
    }

    /// <summary>A chunk of the rest as a chunk of the first answer: its identity, no second role, usage as if computed in one go.</summary>
    public byte[] Adopt(ReadOnlySpan<byte> chunk)
    {
        var node = JsonNode.Parse(chunk)!.AsObject();
        Copy(node, "id", _id);
        Copy(node, "created", _created);
        Copy(node, "model", _model);
        if (node["choices"] is JsonArray { Count: > 0 } choices && choices[0]?["delta"] is JsonObject delta)
        {
            delta.Remove("role");
        }

        if (node["usage"] is JsonObject usage)
        {
            Shift(usage, "prompt_tokens", -tokensSoFar);
            Shift(usage, "completion_tokens", tokensSoFar);
        }

        return Encoding.UTF8.GetBytes(node.ToJsonString());
    }

    /// <summary>The rest's usage as if the answer had been computed in one go.</summary>
    public Usage Adopt(Usage usage) =>
        usage with { InputTokens = Math.Max(0, usage.InputTokens - tokensSoFar), OutputTokens = usage.OutputTokens + tokensSoFar, CachedTokens = 0 };

    private static void Lengthen(JsonObject body, JsonArray messages, string soFar)
    {
        var continues = body["continue_final_message"] is JsonValue flag && flag.TryGetValue(out bool on) && on;
        if (continues && messages.Count > 0 && messages[^1] is JsonObject last && last["content"] is JsonValue content && content.TryGetValue(out string? start))
        {
            last["content"] = start + soFar;
        }
        else
        {
            messages.Add((JsonNode)new JsonObject { ["role"] = "assistant", ["content"] = soFar });
            body["continue_final_message"] = true;
            body["add_generation_prompt"] = false;
        }
    }

    private static void Copy(JsonObject node, string name, JsonNode? value)
    {
        if (value is not null && node.ContainsKey(name))
        {
            node[name] = value.DeepClone();
        }
    }

    private static void Shift(JsonObject usage, string name, int by)
    {
        if (usage[name] is JsonValue value && value.TryGetValue(out long count))
        {
            usage[name] = Math.Max(0, count + by);
        }
    }
}
