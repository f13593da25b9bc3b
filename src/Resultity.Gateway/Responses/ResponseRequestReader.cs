using System.Text.Json;
using System.Text.Unicode;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;

namespace Resultity.Gateway.Responses;

/// <summary>Reads and validates the body of <c>POST /v1/responses</c>, all but its input items.</summary>
internal static class ResponseRequestReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private static readonly string[] Includable =
    [
        "message.output_text.logprobs", "reasoning.encrypted_content", "message.input_image.image_url", "file_search_call.results",
        "web_search_call.results", "web_search_call.action.sources", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    ];

    /// <summary>Reads the request. The result keeps no reference to the bytes.</summary>
    public static Outcome<ResponseRequest> Read(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body) || Surrogates.HasLone(body))
        {
            return Fault.Invalid("The body is not text in UTF-8, or has an escape for half a character.", code: "invalid_json");
        }

        JsonElement root;
        try
        {
            root = JsonElement.Parse(body, Strict);
        }
        catch (JsonException e)
        {
            return Fault.Invalid(
                $"The body is not valid JSON, or names a member twice or is nested too deeply (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).", code: "invalid_json");
        }

        return root.ValueKind == JsonValueKind.Object
            ? Read(root)
            : Fault.Invalid("The body must be a JSON object.", code: "invalid_json");
    }

    private static Outcome<ResponseRequest> Read(JsonElement root)
    {
        var fields = new FieldReader(root, "");
        RejectUnsupported(fields, root);
        var model = fields.String("model", required: true);
        if (model is { Length: 0 })
        {
            fields.Reject(FieldReader.Missing("model"));
        }

        if (root.Member("input") is { } input && input.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
        {
            fields.Reject(FieldReader.WrongType("input", "a string or an array of items", input));
        }
        else if (root.Member("input") is null && root.Member("previous_response_id") is null)
        {
            fields.Reject(FieldReader.Missing("input"));
        }

        var request = new ResponseRequest(root)
        {
            Model = model ?? "",
            Stream = fields.Flag("stream") ?? false,
            Background = fields.Flag("background") ?? false,
            Store = fields.Flag("store") ?? true,
            PreviousResponseId = fields.String("previous_response_id"),
            MaxOutputTokens = fields.Whole("max_output_tokens", 1, int.MaxValue),
            ParallelToolCalls = fields.Flag("parallel_tool_calls") ?? true,
            TopLogprobs = fields.Whole("top_logprobs", 0, 20) ?? 0,
            IncludesLogprobs = ReadInclude(fields),
            TruncatesInput = fields.Choice("truncation", false, "auto", "disabled") == "auto",
        };
        fields.String("instructions");
        fields.Number("temperature", 0, 2);
        fields.Number("top_p", 0, 1);
        fields.Whole("max_tool_calls", 1, int.MaxValue);
        fields.String("user", longest: 512);
        fields.String("safety_identifier", longest: 512);
        fields.String("prompt_cache_key", longest: 1024);
        fields.Choice("service_tier", false, "auto", "default", "flex", "priority", "scale");
        fields.Object("stream_options");
        ReadReasoning(fields);
        ReadMetadata(fields);
        ResponseTextReader.Read(fields);
        ResponseToolReader.Read(fields, root);
        if (request is { Background: true, Store: false })
        {
            fields.Reject(Fault.Invalid("'background' needs 'store': a response that is not stored cannot be fetched later.", "background"));
        }

        return fields.Fault is { } fault ? fault : request;
    }

    private static void RejectUnsupported(FieldReader fields, JsonElement root)
    {
        if (root.Member("conversation") is not null)
        {
            fields.Reject(Unsupported("conversation", "Continue a conversation with 'previous_response_id' instead."));
        }

        if (root.Member("prompt") is not null)
        {
            fields.Reject(Unsupported("prompt", "Send the prompt's text as 'instructions' and 'input' instead."));
        }

        if (root.Member("context_management") is not null)
        {
            fields.Reject(Unsupported("context_management", "Set 'truncation' to 'auto' to leave out the oldest items instead."));
        }
    }

    private static Fault Unsupported(string name, string instead) =>
        Fault.Invalid($"'{name}' is not supported here. {instead}", name, "unsupported_parameter");

    private static bool ReadInclude(FieldReader fields)
    {
        var logprobs = false;
        var index = 0;
        foreach (var value in fields.Array("include").Elements())
        {
            var param = $"include[{index++}]";
            if (value.ValueKind != JsonValueKind.String)
            {
                fields.Reject(FieldReader.WrongType(param, "a string", value));
            }
            else if (!Includable.AsSpan().Contains(value.GetString()))
            {
                fields.Reject(FieldReader.Unsupported(param, value.GetString()!, Includable));
            }

            logprobs |= value.ValueKind == JsonValueKind.String && value.ValueEquals("message.output_text.logprobs"u8);
        }

        return logprobs;
    }

    private static void ReadReasoning(FieldReader fields)
    {
        if (fields.Object("reasoning") is { } reasoning)
        {
            var members = new FieldReader(reasoning, "reasoning");
            members.Choice("effort", false, "none", "minimal", "low", "medium", "high", "xhigh", "max");
            members.Choice("summary", false, "auto", "concise", "detailed");
            RejectFirst(fields, members);
        }
    }

    private static void ReadMetadata(FieldReader fields)
    {
        if (fields.Object("metadata") is not { } metadata)
        {
            return;
        }

        var pairs = 0;
        var members = new FieldReader(metadata, "metadata");
        foreach (var pair in metadata.EnumerateObject())
        {
            if (++pairs > 16 || pair.Name.Length > 64)
            {
                members.Reject(Fault.Invalid("'metadata' may hold at most 16 pairs, with keys of at most 64 characters.", "metadata"));
                break;
            }

            if (pair.Value.ValueKind == JsonValueKind.Null)
            {
                members.Reject(FieldReader.WrongType(members.PathOf(pair.Name), "a string", pair.Value));
            }

            members.String(pair.Name, longest: 512);
        }

        RejectFirst(fields, members);
    }

    internal static void RejectFirst(FieldReader outer, FieldReader inner)
    {
        if (inner.Fault is { } fault)
        {
            outer.Reject(fault);
        }
    }
}
