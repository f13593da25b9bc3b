using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;

namespace Resultity.Gateway.Responses;

/// <summary>Reads and validates the body of <c>POST /v1/responses</c>, all but its input items.</summary>
internal static class ResponseRequestReader
{
    /// <summary>Reads the request. The result keeps no reference to the bytes.</summary>
    public static Outcome<ResponseRequest> Read(ReadOnlySpan<byte> body)
    {
        if (!BodyScan.Read(body, ResponseBody.Shape).TryGet(out var envelope, out var fault))
        {
            return fault;
        }

        var root = JsonElement.Parse(body);
        var request = new ResponseRequest(root)
        {
            Model = envelope.Model,
            NamesSeveral = envelope.Multimodel is not null,
            Stream = envelope.Stream,
            Background = root.Flag("background") ?? false,
            Store = root.Flag("store") ?? true,
            PreviousResponseId = root.Text("previous_response_id"),
            MaxOutputTokens = (int?)root.Whole("max_output_tokens"),
            ParallelToolCalls = root.Flag("parallel_tool_calls") ?? true,
            TopLogprobs = (int)(root.Whole("top_logprobs") ?? 0),
            IncludesLogprobs = root.Member("include").Elements().Any(static value => value.ValueEquals("message.output_text.logprobs"u8)),
            TruncatesInput = root.Text("truncation") == "auto",
        };
        return Check(request) is { } wrong ? wrong : request;
    }

    // What one field's shape cannot say.
    private static Fault? Check(ResponseRequest request)
    {
        if (request.Field("conversation") is not null)
        {
            return Unsupported("conversation", "Continue a conversation with 'previous_response_id' instead.");
        }

        if (request.Field("prompt") is not null)
        {
            return Unsupported("prompt", "Send the prompt's text as 'instructions' and 'input' instead.");
        }

        if (request.Field("context_management") is not null)
        {
            return Unsupported("context_management", "Set 'truncation' to 'auto' to leave out the oldest turns instead.");
        }

        if (request.Field("input") is null && request.PreviousResponseId is null)
        {
            return FieldReader.Missing("input");
        }

        return request is { Background: true, Store: false }
            ? Fault.Invalid("'background' needs 'store': a response that is not stored cannot be fetched later.", "background")
            : ToolRules.Check(request);
    }

    private static Fault Unsupported(string name, string instead) =>
        Fault.Invalid($"'{name}' is not supported here. {instead}", name, "unsupported_parameter");
}
