using System.Buffers;
using System.Net;

namespace Resultity.Node.Runtimes.OpenAi;

/// <summary>The hot path: one request to the upstream, its answer to the exchange, byte for byte.</summary>
internal sealed class UpstreamRelay(HttpMessageInvoker http, Uri root, UpstreamKey key)
{
    private const int Piece = 16 * 1024;
    private const int LongestWhole = 1024 * 1024;
    private const int LongestError = 64 * 1024;
    private const string EventStream = "text/event-stream";
    private readonly Dictionary<string, Uri> _urls = Contracts.Values.InferenceEndpoint.All.ToDictionary(endpoint => endpoint.Path, endpoint => new Uri(root, endpoint.Path[1..]));

    /// <exception cref="HttpRequestException">The upstream can't be reached.</exception>
    /// <exception cref="IOException">The upstream's answer breaks off.</exception>
    public async ValueTask RelayAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _urls.TryGetValue(exchange.Path, out var known) ? known : new Uri(root, exchange.Path.TrimStart('/')))
        {
            Version = HttpVersion.Version11,
            Content = new ReadOnlyMemoryContent(exchange.Body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", exchange.ContentType);
        if (key.Authorization is { } authorization)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (exchange.TraceParent is { } trace)
            request.Headers.TryAddWithoutValidation("traceparent", trace);
        using var response = await http.SendAsync(request, cancellation);
        var status = (int)response.StatusCode;
        var contentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : "application/json";
        var limit = status >= 400 ? LongestError : LongestWhole;
        if (status < 400 && contentType.StartsWith(EventStream, StringComparison.OrdinalIgnoreCase))
            await StreamAsync(response, exchange, status, contentType, default, cancellation);
        else if (response.Content.Headers.ContentLength is { } length && length <= limit)
            await KnownLengthAsync(response, exchange, status, contentType, (int)length, cancellation);
        else
            await UnknownLengthAsync(response, exchange, status, contentType, limit, cancellation);
    }

    private static async ValueTask KnownLengthAsync(HttpResponseMessage response, RuntimeExchange exchange, int status, string contentType, int length, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            using var body = response.Content.ReadAsStream(cancellation);
            await body.ReadExactlyAsync(buffer.AsMemory(0, length), cancellation);
            await exchange.RespondAsync(status, contentType, buffer.AsMemory(0, length), cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Whole if it ends within the limit; else an error is cut there, and anything else goes on as a stream.
    private static async ValueTask UnknownLengthAsync(HttpResponseMessage response, RuntimeExchange exchange, int status, string contentType, int limit, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        var filled = 0;
        try
        {
            using var body = response.Content.ReadAsStream(cancellation);
            while (filled < limit)
            {
                if (filled == buffer.Length)
                    buffer = Grow(buffer, filled);
                var count = await body.ReadAsync(buffer.AsMemory(filled), cancellation);
                filled += count;
                if (count == 0)
                    break;
            }
            if (filled < limit || status >= 400)
                await exchange.RespondAsync(status, contentType, buffer.AsMemory(0, Math.Min(filled, limit)), cancellation);
            else
                await StreamAsync(response, exchange, status, contentType, buffer.AsMemory(0, filled), cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask StreamAsync(
        HttpResponseMessage response, RuntimeExchange exchange, int status, string contentType, ReadOnlyMemory<byte> first, CancellationToken cancellation)
    {
        await exchange.StartAsync(status, contentType, cancellation);
        if (!first.IsEmpty)
            await exchange.WriteAsync(first, cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        var pending = ValueTask.FromResult(0);
        try
        {
            using var body = response.Content.ReadAsStream(cancellation);
            var filled = 0;
            while (true)
            {
                var reading = body.ReadAsync(buffer.AsMemory(filled), cancellation);
                if (!reading.IsCompleted && filled > 0)
                {
                    // Nothing more is waiting: send what there is while the next is on its way, into the rest of the buffer.
                    pending = reading;
                    await exchange.WriteAsync(buffer.AsMemory(0, filled), cancellation);
                    pending = default;
                    var late = await reading;
                    buffer.AsSpan(filled, late).CopyTo(buffer);
                    filled = late;
                    if (late == 0)
                        break;
                    continue;
                }
                var count = await reading;
                filled += count;
                if (count != 0 && filled < buffer.Length)
                    continue;
                if (filled > 0)
                    await exchange.WriteAsync(buffer.AsMemory(0, filled), cancellation);
                filled = 0;
                if (count == 0)
                    break;
            }
            await exchange.CompleteAsync(cancellation);
        }
        finally
        {
            await SettleAsync(response, pending);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A read that is under way writes into the buffer, so it must have ended before the buffer goes back.
    private static async ValueTask SettleAsync(HttpResponseMessage response, ValueTask<int> pending)
    {
        if (pending.IsCompleted)
            return;
        response.Dispose();
        try
        {
            await pending;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The answer was given up; so was the read.
        }
    }

    private static byte[] Grow(byte[] buffer, int filled)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
