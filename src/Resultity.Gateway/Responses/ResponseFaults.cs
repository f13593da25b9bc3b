using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>What goes wrong with responses in particular, in the words that OpenAI's own clients look for.</summary>
internal static class ResponseFaults
{
    /// <summary>No such response, or not the caller's: both read the same.</summary>
    public static Fault NotFound(string id) =>
        Fault.NotFound($"Response with id '{Shorten(id)}' not found.", "response_not_found");

    /// <summary>The conversation cannot be continued from there.</summary>
    public static Fault PreviousNotFound(string id) =>
        Fault.NotFound($"Previous response with id '{Shorten(id)}' not found.", "previous_response_not_found", "previous_response_id");

    /// <summary>The request names an item that is not stored.</summary>
    public static Fault ItemNotFound(string id, string param) =>
        Fault.NotFound($"Item with id '{Shorten(id)}' not found.", "item_not_found", param);

    /// <summary>A chat completion's fault in the words of a response request: what is wrong with a message was wrong with an item, and the client never saw messages.</summary>
    public static Fault OfChat(Fault fault) => fault.Param switch
    {
        not null when fault.Param.StartsWith("messages", StringComparison.Ordinal) => fault with { Param = "input" },
        not null when fault.Param.StartsWith("response_format", StringComparison.Ordinal) => fault with { Param = "text.format" },
        "max_tokens" => fault with { Param = "max_output_tokens" },
        _ => fault,
    };

    /// <summary>The code of <c>response.error</c>: OpenAI's closed list has one for whatever is not the prompt's or the rate's fault.</summary>
    public static string CodeOf(Fault fault) => fault.Kind switch
    {
        FaultKind.InvalidRequest or FaultKind.TooLarge => "invalid_prompt",
        FaultKind.RateLimited => "rate_limit_exceeded",
        _ => "server_error",
    };

    private static string Shorten(string id) => id.Length <= 80 ? id : string.Concat(id.AsSpan(0, 80), "…");
}
