using Resultity.Contracts.Values;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>A refusal in OpenAI's shape.</summary>
internal static class ErrorAnswer
{
    public static async ValueTask SendAsync(RuntimeExchange exchange, Fault fault, CancellationToken cancellation)
    {
        var (status, type) = fault.Kind switch
        {
            FaultKind.NotFound => (404, "not_found_error"),
            FaultKind.TooLarge => (413, "invalid_request_error"),
            FaultKind.Unavailable => (503, "server_error"),
            _ => (400, "invalid_request_error"),
        };
        using var buffer = new AnswerBuffer();
        var json = buffer.Json;
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, fault.Message);
        json.WriteString("type"u8, type);
        json.WriteString("param"u8, fault.Param);
        json.WriteString("code"u8, fault.Code);
        json.WriteEndObject();
        json.WriteEndObject();
        await exchange.RespondAsync(status, "application/json", buffer.Written, cancellation);
    }
}
