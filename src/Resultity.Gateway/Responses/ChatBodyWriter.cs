using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Responses;

/// <summary>Writes the chat completion request that answers a response request.</summary>
internal static class ChatBodyWriter
{
    // What a response request says in its own words, or what has no meaning for one answer.
    private static readonly FrozenSet<string> NotPassedOn = FrozenSet.Create(
        StringComparer.Ordinal,
        "model", "input", "instructions", "stream", "background", "store", "previous_response_id", "include", "max_output_tokens", "max_tool_calls",
        "parallel_tool_calls", "top_logprobs", "truncation", "metadata", "text", "reasoning", "tools", "tool_choice", "stream_options", "service_tier",
        "temperature", "top_p", "conversation", "prompt", "context_management", "moderation", "prompt_cache_options", "prompt_cache_retention",
        "messages", "n", "max_tokens", "max_completion_tokens", "response_format", "logprobs", "functions", "function_call", "reasoning_effort",
        "verbosity", "modalities", "audio", "prediction", "web_search_options");

    /// <summary>Writes the request.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="conversation">All items that the model is to see, oldest first.</param>
    /// <param name="stream">Whether the answer is wanted in chunks.</param>
    public static Outcome<ChatBody> Write(ResponseRequest request, IReadOnlyList<JsonElement> conversation, bool stream)
    {
        var turns = ToolTurns.Match(conversation);
        if (!turns.TryGet(out var skipped, out var fault))
        {
            return fault;
        }

        var bytes = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(bytes, ResponseJson.WriterOptions);
        writer.WriteStartObject();
        // Several models are named by fields that are passed on below, and perhaps by the name beside them.
        var model = (request.NamesSeveral ? request.Root.Text("model") : request.Model) is { } name ? WriteRange(writer, "model", () => writer.WriteStringValue(name)) : default;
        writer.WriteStartArray("messages"u8);
        new ChatMessagesWriter(writer, skipped).Write(request.Field("instructions"), conversation);
        writer.WriteEndArray();
        var streamOptions = default(ByteRange);
        if (stream)
        {
            writer.WriteBoolean("stream"u8, true);
            streamOptions = WriteRange(writer, "stream_options", () =>
            {
                writer.WriteStartObject();
                writer.WriteBoolean("include_usage"u8, true);
                writer.WriteEndObject();
            });
        }

        WriteSampling(writer, request);
        WriteFormat(writer, request);
        ChatToolsWriter.Write(writer, request);
        foreach (var member in request.Root.EnumerateObject())
        {
            if (!NotPassedOn.Contains(member.Name) && member.Value.ValueKind != JsonValueKind.Null)
            {
                writer.WritePropertyName(member.Name);
                member.Value.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return new ChatBody(bytes.WrittenMemory, model, streamOptions);
    }

    private static void WriteSampling(Utf8JsonWriter writer, ResponseRequest request)
    {
        if (request.MaxOutputTokens is { } most)
        {
            // Every server knows this name; its successor is not known to all of them, and an ignored limit is a long answer.
            writer.WriteNumber("max_tokens"u8, most);
        }

        Copy(writer, "temperature", request.Field("temperature"));
        Copy(writer, "top_p", request.Field("top_p"));
        if (request.IncludesLogprobs || request.TopLogprobs > 0)
        {
            writer.WriteBoolean("logprobs"u8, true);
            writer.WriteNumber("top_logprobs"u8, request.TopLogprobs);
        }

        Copy(writer, "reasoning_effort", request.Field("reasoning")?.Member("effort"));
        Copy(writer, "verbosity", request.Field("text")?.Member("verbosity"));
    }

    private static void WriteFormat(Utf8JsonWriter writer, ResponseRequest request)
    {
        if (request.Field("text")?.Member("format") is not { } format || format.Text("type") is not { } type || type == "text")
        {
            return;
        }

        writer.WriteStartObject("response_format"u8);
        writer.WriteString("type"u8, type);
        if (type == "json_schema")
        {
            writer.WriteStartObject("json_schema"u8);
            Copy(writer, "name", format.Member("name"));
            Copy(writer, "description", format.Member("description"));
            Copy(writer, "schema", format.Member("schema"));
            Copy(writer, "strict", format.Member("strict"));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes a member that is there.</summary>
    public static void Copy(Utf8JsonWriter writer, string name, JsonElement? value)
    {
        if (value is { } present)
        {
            writer.WritePropertyName(name);
            present.WriteTo(writer);
        }
    }

    private static ByteRange WriteRange(Utf8JsonWriter writer, string name, Action write)
    {
        writer.WritePropertyName(name);
        var start = writer.BytesCommitted + writer.BytesPending;
        write();
        return new ByteRange((int)start, (int)(writer.BytesCommitted + writer.BytesPending - start));
    }
}
