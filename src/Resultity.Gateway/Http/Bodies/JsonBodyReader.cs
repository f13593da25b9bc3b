using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>Reads a JSON body once, whole, into pooled memory.</summary>
internal static class JsonBodyReader
{
    /// <summary>Memory grows with what arrives, not with what a header promises.</summary>
    private const int FirstRent = 16 * 1024;

    /// <summary>A refused body is read on and thrown away for a while: a client that still sends does not read the refusal.</summary>
    private const int DrainBytes = 64 * 1024 * 1024;

    /// <summary>Reads the body.</summary>
    /// <returns>The body, which the caller disposes of, or why it is refused.</returns>
    public static ValueTask<Outcome<PooledBody>> ReadAsync(HttpContext context, int limit)
    {
        var request = context.Request;
        if (ContentFaults.Check(request) is { } fault)
        {
            return new(fault);
        }

        return request.ContentLength > limit ? new(ContentFaults.TooLarge(limit)) : ReadAllAsync(request.BodyReader, request.ContentLength, limit);
    }

    /// <summary>Reads what a client still sends after a refusal, so that it gets to see the refusal.</summary>
    public static async Task DrainAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = DrainBytes;
        }

        var reader = context.Request.BodyReader;
        for (var read = 0L; read < DrainBytes;)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            read += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private static async ValueTask<Outcome<PooledBody>> ReadAllAsync(PipeReader reader, long? expected, int limit)
    {
        var array = ArrayPool<byte>.Shared.Rent((int)Math.Min(expected ?? FirstRent, FirstRent));
        var length = 0;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync();
                var buffer = result.Buffer;
                if (length + buffer.Length > limit)
                {
                    reader.AdvanceTo(buffer.End);
                    return ContentFaults.TooLarge(limit);
                }

                var needed = length + (int)buffer.Length;
                if (needed > array.Length)
                {
                    Grow(ref array, length, needed, expected);
                }

                buffer.CopyTo(array.AsSpan(length));
                length = needed;
                reader.AdvanceTo(buffer.End);
                if (result.IsCompleted || length == expected)
                {
                    var body = new PooledBody(array, length);
                    array = null;
                    return body;
                }
            }
        }
        finally
        {
            if (array is not null)
            {
                ArrayPool<byte>.Shared.Return(array);
            }
        }
    }

    private static void Grow(ref byte[] array, int length, int needed, long? expected)
    {
        var size = expected is { } all && all < needed * 4L ? (int)Math.Max(all, needed) : needed * 2;
        var larger = ArrayPool<byte>.Shared.Rent(size);
        array.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(array);
        array = larger;
    }
}
