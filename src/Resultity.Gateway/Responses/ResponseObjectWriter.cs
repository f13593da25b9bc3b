using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>Writes the response object, every field of OpenAI's schema that its SDKs read included.</summary>
internal static class ResponseObjectWriter
{
    /// <summary>Writes the response as it stands.</summary>
    public static void Write(Utf8JsonWriter writer, ResponseState state)
    {
        var request = state.Request;
        writer.WriteStartObject();
        writer.WriteString("id"u8, state.Id);
        writer.WriteString("object"u8, "response"u8);
        writer.WriteNumber("created_at"u8, state.CreatedAt);
        writer.WriteString("status"u8, state.Status);
        writer.WriteBoolean("background"u8, request.Background);
        WriteNumber(writer, "completed_at", state.CompletedAt);
        WriteError(writer, state.Fault);
        WriteIncompleteDetails(writer, state.IncompleteReason);
        writer.WriteMember("instructions", request.Field("instructions"));
        writer.WriteMember("max_output_tokens", request.Field("max_output_tokens"));
        writer.WriteMember("max_tool_calls", request.Field("max_tool_calls"));
        writer.WriteString("model"u8, state.Model);
        writer.WriteStartArray("output"u8);
        foreach (var item in state.Output)
        {
            item.Write(writer);
        }

        writer.WriteEndArray();
        writer.WriteBoolean("parallel_tool_calls"u8, request.ParallelToolCalls);
        writer.WriteMember("previous_response_id", request.Field("previous_response_id"));
        writer.WriteMember("prompt_cache_key", request.Field("prompt_cache_key"));
        WriteReasoning(writer, request);
        writer.WriteMember("safety_identifier", request.Field("safety_identifier"));
        writer.WriteString("service_tier"u8, "default"u8);
        writer.WriteBoolean("store"u8, request.Store);
        WriteSampling(writer, "temperature", request);
        WriteText(writer, request);
        WriteToolChoice(writer, request);
        WriteTools(writer, request);
        writer.WriteNumber("top_logprobs"u8, request.TopLogprobs);
        WriteSampling(writer, "top_p", request);
        writer.WriteString("truncation"u8, request.TruncatesInput ? "auto"u8 : "disabled"u8);
        WriteUsage(writer, state);
        writer.WriteMember("user", request.Field("user"));
        writer.WritePropertyName("metadata"u8);
        if (request.Field("metadata") is { } metadata)
        {
            metadata.WriteTo(writer);
        }
        else
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }

        ChatBodyWriter.Copy(writer, "multimodel", state.Multimodel);
        ChatBodyWriter.Copy(writer, "failed_models", state.FailedModels);
        writer.WriteEndObject();
    }

    /// <summary>Writes the member <c>error</c>.</summary>
    public static void WriteError(Utf8JsonWriter writer, Fault? fault)
    {
        writer.WritePropertyName("error"u8);
        if (fault is null)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("code"u8, ResponseFaults.CodeOf(fault));
        writer.WriteString("message"u8, fault.Message);
        writer.WriteEndObject();
    }

    private static void WriteIncompleteDetails(Utf8JsonWriter writer, string? reason)
    {
        writer.WritePropertyName("incomplete_details"u8);
        if (reason is null)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("reason"u8, reason);
        writer.WriteEndObject();
    }

    private static void WriteReasoning(Utf8JsonWriter writer, ResponseRequest request)
    {
        var reasoning = request.Field("reasoning");
        writer.WriteStartObject("reasoning"u8);
        writer.WriteMember("effort", reasoning?.Member("effort"));
        writer.WriteMember("summary", reasoning?.Member("summary"));
        writer.WriteEndObject();
    }

    // Where the client said nothing, the model's own default holds, which is 1 as far as the published contract goes.
    private static void WriteSampling(Utf8JsonWriter writer, string name, ResponseRequest request)
    {
        writer.WritePropertyName(name);
        if (request.Field(name) is { } value)
        {
            value.WriteTo(writer);
        }
        else
        {
            writer.WriteNumberValue(1);
        }
    }

    private static void WriteText(Utf8JsonWriter writer, ResponseRequest request)
    {
        var text = request.Field("text");
        writer.WriteStartObject("text"u8);
        writer.WritePropertyName("format"u8);
        if (text?.Member("format") is { } format)
        {
            format.WriteTo(writer);
        }
        else
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "text"u8);
            writer.WriteEndObject();
        }

        if (text?.Member("verbosity") is { } verbosity)
        {
            writer.WriteMember("verbosity", verbosity);
        }

        writer.WriteEndObject();
    }

    private static void WriteToolChoice(Utf8JsonWriter writer, ResponseRequest request)
    {
        writer.WritePropertyName("tool_choice"u8);
        if (request.Field("tool_choice") is { } choice)
        {
            choice.WriteTo(writer);
        }
        else
        {
            writer.WriteStringValue("auto"u8);
        }
    }

    private static void WriteTools(Utf8JsonWriter writer, ResponseRequest request)
    {
        writer.WriteStartArray("tools"u8);
        foreach (var tool in request.Field("tools").Elements())
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "function"u8);
            writer.WriteMember("description", tool.Member("description"));
            writer.WriteMember("name", tool.Member("name"));
            writer.WriteMember("parameters", tool.Member("parameters"));
            writer.WriteMember("strict", tool.Member("strict"));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteUsage(Utf8JsonWriter writer, ResponseState state)
    {
        writer.WritePropertyName("usage"u8);
        if (state.Usage is not { } usage)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WriteNumber("input_tokens"u8, usage.InputTokens);
        writer.WriteStartObject("input_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, usage.CachedTokens);
        writer.WriteEndObject();
        writer.WriteNumber("output_tokens"u8, usage.OutputTokens);
        writer.WriteStartObject("output_tokens_details"u8);
        writer.WriteNumber("reasoning_tokens"u8, state.ReasoningTokens);
        writer.WriteEndObject();
        writer.WriteNumber("total_tokens"u8, usage.TotalTokens);
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
