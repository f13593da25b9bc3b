using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Responses.Background;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Responses;

/// <summary>What can be done with a response that is stored: read it, list its input, cancel it, delete it.</summary>
internal sealed class StoredResponseHandler(ResponseArchive archive, BackgroundResponses background, ResponseFollower follower)
{
    /// <summary><c>GET /v1/responses/{id}</c>, as an object or, with <c>stream=true</c>, as events.</summary>
    public async Task GetAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } stored)
        {
            return;
        }

        if (!ResumePoint.Read(context.Request).TryGet(out var from, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
        }
        else if (from is null)
        {
            await JsonAnswer.WriteAsync(context, await background.ReadAsync(stored, context.RequestAborted));
        }
        else if (await background.IsStreamedAsync(stored, context.RequestAborted))
        {
            await follower.FollowAsync(context, stored, from.Value);
        }
        else
        {
            await FaultWriter.WriteAsync(context, Fault.Invalid("Only a response that was created with 'background' and 'stream' can be streamed again.", "stream"));
        }
    }

    /// <summary><c>DELETE /v1/responses/{id}</c>.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        var id = IdOf(context);
        if (!await archive.DeleteAsync(context.Caller.Namespace, id, context.RequestAborted))
        {
            await FaultWriter.WriteAsync(context, ResponseFaults.NotFound(id));
            return;
        }

        await background.DeleteAsync(context.Caller.Namespace, id, CancellationToken.None);
        var bytes = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(bytes, ResponseJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, id);
            writer.WriteString("object"u8, "response"u8);
            writer.WriteBoolean("deleted"u8, true);
            writer.WriteEndObject();
        }

        await JsonAnswer.WriteAsync(context, bytes.WrittenMemory);
    }

    /// <summary><c>POST /v1/responses/{id}/cancel</c>.</summary>
    public async Task CancelAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } stored)
        {
            return;
        }

        await (JsonElement.Parse(stored.Object.Span).Flag("background") ?? false
            ? JsonAnswer.WriteAsync(context, await background.CancelAsync(stored, context.RequestAborted))
            : FaultWriter.WriteAsync(context, Fault.Invalid("Cannot cancel a synchronous response.", code: "response_not_cancellable")));
    }

    /// <summary><c>GET /v1/responses/{id}/input_items</c>.</summary>
    public async Task ListInputItemsAsync(HttpContext context)
    {
        if (!InputItemPage.Read(context.Request.Query).TryGet(out var page, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
        }
        else if (await FindAsync(context) is { } stored)
        {
            await (page.Take(JsonElement.Parse(stored.InputItems.Span)).TryGet(out var list, out fault)
                ? JsonAnswer.WriteAsync(context, list)
                : FaultWriter.WriteAsync(context, fault));
        }
    }

    private static string IdOf(HttpContext context) => (string?)context.GetRouteValue("id") ?? "";

    private async ValueTask<StoredResponse?> FindAsync(HttpContext context)
    {
        var id = IdOf(context);
        var stored = await archive.FindAsync(context.Caller.Namespace, id, context.RequestAborted);
        if (stored is null)
        {
            await FaultWriter.WriteAsync(context, ResponseFaults.NotFound(id));
        }

        return stored;
    }
}
