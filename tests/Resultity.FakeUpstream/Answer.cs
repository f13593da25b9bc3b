using System.Text;

namespace Resultity.FakeUpstream;

/// <summary>What follows the last event of a stream.</summary>
internal enum StreamEnd
{
    /// <summary>The <see cref="Answer.Tail"/>; the connection stays open.</summary>
    Whole,

    /// <summary>The connection is closed.</summary>
    Cut,

    /// <summary>Nothing, until the client gives up.</summary>
    Stall,
}

/// <summary>An answer, ready to be sent: prebuilt bytes, shared by all requests that get the same one.</summary>
internal sealed class Answer
{
    /// <summary>The whole answer, head included; for a stream, the head.</summary>
    public required byte[] Head { get; init; }

    /// <summary>A stream's events, each framed as one chunk; null for an answer that is not a stream.</summary>
    public byte[][]? Events { get; init; }

    /// <summary>What ends a stream: finish reason, usage, <c>[DONE]</c>, last chunk.</summary>
    public byte[] Tail { get; init; } = [];
    public StreamEnd End { get; init; }

    /// <summary>How long before the answer or its first event.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>How long between two events.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Whether this is what was asked for, to be counted as served.</summary>
    public bool Good { get; init; } = true;

    /// <summary>An answer with a JSON body.</summary>
    /// <param name="cut">Leaves out the second half of the body, and says so in the length: HTTP in order, JSON not.</param>
    public static Answer Json(int status, ReadOnlySpan<byte> body, TimeSpan latency = default, bool cut = false)
    {
        if (cut) body = body[..(body.Length / 2)];
        var retry = status is 429 or 503 ? "Retry-After: 1\r\n" : "";
        var head = Encoding.ASCII.GetBytes($"HTTP/1.1 {status} {Reason(status)}\r\nContent-Type: application/json\r\n{retry}Content-Length: {body.Length}\r\n\r\n");
        return new() { Head = [.. head, .. body], Latency = latency, Good = status == 200 && !cut };
    }

    /// <summary>An answer that is a file.</summary>
    public static Answer Bytes(string type, ReadOnlySpan<byte> body) =>
        new() { Head = [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body] };

    /// <summary>An error in OpenAI's shape.</summary>
    public static Answer Error(int status, string message, string type, string? code = null) => Json(status, Encoding.UTF8.GetBytes(
        $$$"""{"error":{"message":"{{{message}}}","type":"{{{type}}}","param":null,"code":{{{(code is null ? "null" : $"\"{code}\"")}}}}}"""));

    /// <summary>Frames bytes as one chunk of a body in chunked coding.</summary>
    public static byte[] Chunk(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"), .. bytes, .. "\r\n"u8];
    }

    private static string Reason(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        408 => "Request Timeout",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    };
}
