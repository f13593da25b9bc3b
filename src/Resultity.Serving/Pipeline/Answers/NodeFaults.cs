using System.Globalization;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline.Answers;

/// <summary>Turns what a node answers instead of a result into a fault that keeps the contract, whatever the runtime's own habits are.</summary>
internal static class NodeFaults
{
    private const int LongestMessage = 2000;

    public static Fault Garbled(string what) =>
        new(FaultKind.BadNodeAnswer, "bad_node_answer", $"The node's answer could not be used: {what}.") { OtherNodeMayAnswer = true };

    /// <summary>An answer that broke off before its end.</summary>
    public static Fault Truncated { get; } =
        new(FaultKind.BadNodeAnswer, "truncated_answer", "The node's answer ended before it was complete.") { OtherNodeMayAnswer = true };

    /// <summary>A second node computed the answer again, and it did not come out as it began.</summary>
    public static Fault Diverged { get; } =
        new(FaultKind.BadNodeAnswer, "answer_diverged", "The node was lost in the middle of the answer, and another node's answer did not begin in the same way. Send the request again.");

    /// <summary>Reads an error answer: OpenAI's shape, a bare <c>{"error": "…"}</c>, or anything.</summary>
    /// <param name="status">The answer's status.</param>
    /// <param name="body">Its body.</param>
    /// <param name="endpoint">What was asked: only that tells which field a prompt stands in.</param>
    public static Fault FromAnswer(int status, ReadOnlySpan<byte> body, InferenceEndpoint endpoint)
    {
        var (message, param, code) = Parse(body);
        param ??= code == "context_length_exceeded" ? PromptOf(endpoint) : null;
        return status switch
        {
            500 when message is not null && IsUnsupportedInput(message) => Fault.Invalid(message, param, "unsupported_content"),
            400 or 422 => Fault.Invalid(message ?? "The model's runtime refused the request.", param, code ?? "invalid_request"),
            413 => new Fault(FaultKind.TooLarge, code ?? "request_too_large", message ?? "The request is larger than the model's runtime takes.", param),
            404 => new Fault(FaultKind.Unavailable, "no_capable_node", "The node does not serve this model any more.") { OtherNodeMayAnswer = true, RetryAfter = TimeSpan.FromSeconds(2) },
            429 or 503 => new Fault(FaultKind.Unavailable, "node_overloaded", "The node that was chosen is overloaded.") { OtherNodeMayAnswer = true, RetryAfter = TimeSpan.FromSeconds(1) },
            _ => new Fault(FaultKind.BadNodeAnswer, "node_error", string.Create(CultureInfo.InvariantCulture, $"The node's runtime failed with status {status}.")) { OtherNodeMayAnswer = true },
        };
    }

    private static (string? Message, string? Param, string? Code) Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("error", out var error))
            {
                return default;
            }

            return error.ValueKind switch
            {
                JsonValueKind.String => (Cut(error.GetString()), null, null),
                JsonValueKind.Object => (Cut(Text(error, "message")), Text(error, "param"), CodeOf(error)),
                _ => default,
            };
        }
        catch (JsonException)
        {
            return default;
        }
    }

    // llama-server answers so, with status 500, to an image or audio that its model does not take. The client's mistake, on any node.
    private static bool IsUnsupportedInput(string message) =>
        message.StartsWith("image input is not supported", StringComparison.Ordinal) || message.StartsWith("audio input is not supported", StringComparison.Ordinal);

    // llama-server's code is the HTTP status as a number; a prompt that is too long is told by the type alone.
    private static string? CodeOf(JsonElement error) =>
        Text(error, "type") == "exceed_context_size_error" ? "context_length_exceeded" : Text(error, "code");

    private static string? PromptOf(InferenceEndpoint endpoint) =>
        endpoint == InferenceEndpoint.ChatCompletions ? "messages"
        : endpoint == InferenceEndpoint.Completions ? "prompt"
        : endpoint == InferenceEndpoint.Embeddings || endpoint == InferenceEndpoint.Moderations ? "input"
        : null;

    private static string? Text(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? Cut(string? text) => text?.Length > LongestMessage ? text[..LongestMessage] : text;
}
