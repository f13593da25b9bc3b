using System.Buffers;
using Microsoft.AspNetCore.Http;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Inference;

/// <summary>Delivers an answer that is neither JSON nor events, such as sound, as it comes.</summary>
internal static class PieceDelivery
{
    /// <summary>Writes the pieces. An answer that breaks off cuts the connection, so that it never looks whole.</summary>
    public static async Task WriteAsync(HttpContext context, InferenceAnswer stream)
    {
        var response = context.Response;
        response.ContentType = stream.ContentType;
        while (await stream.WaitAsync(context.RequestAborted))
        {
            while (stream.TryRead(out var piece))
            {
                response.BodyWriter.Write(piece.Data.Span);
            }

            await response.BodyWriter.FlushAsync(context.RequestAborted);
        }

        if (stream.Fault is not null)
        {
            context.Abort();
        }
    }
}
