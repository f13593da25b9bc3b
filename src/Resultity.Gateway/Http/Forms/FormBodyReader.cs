using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;

namespace Resultity.Gateway.Http.Forms;

/// <summary>Reads the body of a form once, whole: a small one into pooled memory, a large one into a file that is mapped.</summary>
internal static class FormBodyReader
{
    /// <summary>Up to here a body stays in memory.</summary>
    private const int LargestInMemory = 1024 * 1024;

    private const int FirstRent = 64 * 1024;

    /// <summary>Reads the body.</summary>
    /// <param name="context">The request; its content type is that of a form.</param>
    /// <param name="limit">The largest body, in bytes.</param>
    /// <param name="folder">Where the file of a large body goes.</param>
    /// <returns>The body, which the caller disposes of, or why it is refused.</returns>
    public static async ValueTask<Outcome<RequestBody>> ReadAsync(HttpContext context, int limit, string folder)
    {
        var request = context.Request;
        if (ContentFaults.CheckEncoding(request) is { } fault)
        {
            return fault;
        }

        if (request.ContentLength > limit)
        {
            return ContentFaults.TooLarge(limit);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // The reading below keeps to the limit, and says it.
            size.MaxRequestBodySize = null;
        }

        SpoolFile? spool = null;
        var array = ArrayPool<byte>.Shared.Rent((int)Math.Min(request.ContentLength ?? FirstRent, LargestInMemory));
        try
        {
            var length = 0;
            while (true)
            {
                var result = await request.BodyReader.ReadAsync(context.RequestAborted);
                var buffer = result.Buffer;
                if (length + buffer.Length > limit)
                {
                    request.BodyReader.AdvanceTo(buffer.End);
                    return ContentFaults.TooLarge(limit);
                }

                if (spool is null && length + buffer.Length > LargestInMemory)
                {
                    spool = SpoolFile.Create(folder);
                    await spool.WriteAsync(array.AsMemory(0, length), context.RequestAborted);
                }

                if (spool is null)
                {
                    Keep(ref array, length, buffer);
                }
                else
                {
                    foreach (var segment in buffer)
                    {
                        await spool.WriteAsync(segment, context.RequestAborted);
                    }
                }

                length += (int)buffer.Length;
                request.BodyReader.AdvanceTo(buffer.End);
                if (result.IsCompleted)
                {
                    return Finish(ref array, ref spool, length);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && exception is not BadHttpRequestException && !context.RequestAborted.IsCancellationRequested)
        {
            return new Fault(FaultKind.Unavailable, "storage_unavailable", "The gateway has no room to keep this request's files. Try again later.");
        }
        finally
        {
            spool?.Dispose();
            if (array is not null)
            {
                ArrayPool<byte>.Shared.Return(array);
            }
        }
    }

    private static Outcome<RequestBody> Finish(ref byte[]? array, ref SpoolFile? spool, int length)
    {
        RequestBody body;
        if (spool is not null)
        {
            body = spool.ToBody();
            spool = null;
        }
        else
        {
            body = new PooledBody(array!, length);
            array = null;
        }

        return body;
    }

    private static void Keep(ref byte[] array, int length, ReadOnlySequence<byte> buffer)
    {
        var needed = length + (int)buffer.Length;
        if (needed > array.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(LargestInMemory, Math.Max(needed, array.Length * 2)));
            array.AsSpan(0, length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(array);
            array = larger;
        }

        buffer.CopyTo(array.AsSpan(length));
    }
}
