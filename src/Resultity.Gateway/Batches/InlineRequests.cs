using System.Buffers;
using System.Text.Json;
using Resultity.Gateway.Http;

namespace Resultity.Gateway.Batches;

/// <summary>Requests that came in the body of a batch, as lines of an input file.</summary>
internal static class InlineRequests
{
    /// <summary>One line per request. A line is valid until the next is asked for.</summary>
    public static IAsyncEnumerable<ReadOnlyMemory<byte>> Lines(JsonElement requests) => Write(requests).ToAsyncEnumerable();

    private static IEnumerable<ReadOnlyMemory<byte>> Write(JsonElement requests)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        foreach (var request in requests.EnumerateArray())
        {
            buffer.ResetWrittenCount();
            writer.Reset(buffer);
            request.WriteTo(writer);
            writer.Flush();
            buffer.Write("\n"u8);
            yield return buffer.WrittenMemory;
        }
    }
}
