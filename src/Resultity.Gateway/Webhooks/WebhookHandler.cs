using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Shapes;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Webhooks;

/// <summary>Makes, changes, lists and removes webhooks, shows what was sent, and sends it again.</summary>
internal sealed class WebhookHandler(IWebhookStore store, WebhookOptions options, TimeProvider time)
{
    private const int BodyLimit = 64 * 1024;
    private const int UsualLimit = 20;
    private const int MostLimit = 100;

    private static readonly TimeSpan LongestGrace = TimeSpan.FromDays(7);
    private static readonly Shape Url = new StringShape(1, 2048) { Description = "Where events are sent: an https address." };
    private static readonly Shape Events = new ArrayShape(new StringShape(1, 64), 0, 32) { Description = "The types of events that are wanted; none means all." };
    private static readonly Shape Description = new StringShape(0, 512);

    /// <summary><c>POST /v1/webhooks</c>.</summary>
    public static ObjectShape Create { get; } = new(
        new Field("url", Url) { Required = true }, new Field("events", Events.OrNull()), new Field("description", Description.OrNull()), new Field("enabled", BoolShape.Instance));

    /// <summary><c>POST /v1/webhooks/{id}</c>.</summary>
    public static ObjectShape Update { get; } = new(
        new Field("url", Url), new Field("events", Events.OrNull()), new Field("description", Description.OrNull()), new Field("enabled", BoolShape.Instance));

    /// <summary><c>POST /v1/webhooks/{id}/rotate</c>.</summary>
    public static ObjectShape Rotate { get; } = new(
        new Field("grace_seconds", new IntegerShape(0, (long)LongestGrace.TotalSeconds)));

    public async Task CreateAsync(HttpContext context)
    {
        if (!(await JsonObjectBody.ReadAsync(context, Create, BodyLimit)).TryGet(out var body, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        var webhook = Apply(body, new Webhook
        {
            Id = Id.New(Webhook.IdPrefix, time),
            Namespace = context.Caller.Namespace,
            Url = "",
            Secret = WebhookSignature.NewSecret(),
            CreatedAt = time.GetUtcNow(),
        });
        await PutAsync(context, webhook, WebhookJson.WriteSecret);
    }

    public async Task UpdateAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } webhook || webhook.Url.Length == 0)
        {
            await FaultWriter.WriteAsync(context, NotFound);
        }
        else if ((await JsonObjectBody.ReadAsync(context, Update, BodyLimit)).TryGet(out var body, out var fault))
        {
            await PutAsync(context, Apply(body, webhook), WebhookJson.Write);
        }
        else
        {
            await FaultWriter.WriteAsync(context, fault);
        }
    }

    public async Task ListAsync(HttpContext context) =>
        await (PageParameters.Read(context.Request.Query, Webhook.IdPrefix, UsualLimit, MostLimit).TryGet(out var page, out var fault)
            ? JsonAnswer.WriteAsync(context, ListJson.Write(
                await store.ListAsync(context.Caller.Namespace, page, context.RequestAborted), static webhook => webhook.Id, WebhookJson.Write))
            : FaultWriter.WriteAsync(context, fault));

    public async Task GetAsync(HttpContext context) => await (await FindAsync(context) is { } webhook
        ? JsonAnswer.WriteAsync(context, ListJson.One(webhook, WebhookJson.Write))
        : FaultWriter.WriteAsync(context, NotFound));

    public async Task DeleteAsync(HttpContext context)
    {
        var id = IdOf(context);
        await (await store.DeleteAsync(context.Caller.Namespace, id, context.RequestAborted)
            ? JsonAnswer.WriteAsync(context, ListJson.One((string)context.GetRouteValue("id")!, WebhookJson.WriteDeleted))
            : FaultWriter.WriteAsync(context, NotFound));
    }

    /// <summary>Gives a webhook a new secret; for a while both sign. The namespace's default is made by its first rotation.</summary>
    public async Task RotateAsync(HttpContext context)
    {
        JsonElement body = default;
        if (context.Request.ContentLength is not (null or 0) && !(await JsonObjectBody.ReadAsync(context, Rotate, BodyLimit)).TryGet(out body, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        var now = time.GetUtcNow();
        var grace = body.ValueKind == JsonValueKind.Object && body.TryGetProperty("grace_seconds", out var seconds) ? seconds.GetInt64() : 24 * 3600;
        var webhook = await FindAsync(context);
        if (webhook is null && IdOf(context) != Webhook.DefaultOf(context.Caller.Namespace))
        {
            await FaultWriter.WriteAsync(context, NotFound);
            return;
        }

        webhook = webhook is null
            ? new Webhook { Id = IdOf(context), Namespace = context.Caller.Namespace, Url = "", Secret = WebhookSignature.NewSecret(), CreatedAt = now }
            : webhook with { Secret = WebhookSignature.NewSecret(), OldSecret = webhook.Secret, OldValidUntil = now.AddSeconds(grace) };
        await store.PutAsync(webhook, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, ListJson.One(webhook, WebhookJson.WriteSecret));
    }

    /// <summary>Sends an event to try a webhook out.</summary>
    public async Task TestAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { Url.Length: > 0 } webhook)
        {
            await FaultWriter.WriteAsync(context, NotFound);
            return;
        }

        var ids = await store.EnqueueAsync(new WebhookEvent(webhook.Namespace, WebhookEventTypes.Test, webhook.Id, time.GetUtcNow()), webhook.Id, context.RequestAborted);
        await WriteAsync(context, await store.GetDeliveryAsync(webhook.Namespace, ids[0], context.RequestAborted));
    }

    public async Task ListDeliveriesAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } webhook)
        {
            await FaultWriter.WriteAsync(context, NotFound);
            return;
        }

        await (PageParameters.Read(context.Request.Query, WebhookDelivery.IdPrefix, UsualLimit, MostLimit).TryGet(out var page, out var fault)
            ? JsonAnswer.WriteAsync(context, ListJson.Write(
                await store.ListDeliveriesAsync(webhook.Namespace, webhook.Id, page, context.RequestAborted), static delivery => delivery.Id, WebhookJson.Write))
            : FaultWriter.WriteAsync(context, fault));
    }

    public async Task ReplayAsync(HttpContext context)
    {
        var webhook = await FindAsync(context);
        var id = (string)context.GetRouteValue("delivery")!;
        var delivery = webhook is null ? null : await store.GetDeliveryAsync(webhook.Namespace, id, context.RequestAborted);
        await WriteAsync(context, delivery is null || (delivery.IsDirect ? webhook!.Url.Length > 0 : delivery.WebhookId != webhook!.Id) ? null
            : await store.ReplayAsync(delivery.Namespace, id, time.GetUtcNow(), context.RequestAborted));
    }

    private static Fault NotFound { get; } = Fault.NotFound("No such webhook. GET /v1/webhooks lists those there are.");

    private static Webhook Apply(JsonElement body, Webhook webhook)
    {
        var isEnabled = body.TryGetProperty("enabled", out var enabled) ? enabled.GetBoolean() : webhook.IsEnabled;
        return webhook with
        {
            Url = body.TryGetProperty("url", out var url) ? url.GetString()! : webhook.Url,
            Events = body.TryGetProperty("events", out var events) ? events.ValueKind == JsonValueKind.Null ? [] : [.. events.EnumerateArray().Select(static type => type.GetString()!).Distinct()] : webhook.Events,
            Description = body.TryGetProperty("description", out var description) ? description.GetString() ?? "" : webhook.Description,
            IsEnabled = isEnabled,
            DisabledReason = isEnabled ? null : webhook.DisabledReason,
        };
    }

    private static string IdOf(HttpContext context) =>
        (string)context.GetRouteValue("id")! is var id && id == "default" ? Webhook.DefaultOf(context.Caller.Namespace) : id;

    private ValueTask<Webhook?> FindAsync(HttpContext context) => store.GetAsync(context.Caller.Namespace, IdOf(context), context.RequestAborted);

    private async Task PutAsync(HttpContext context, Webhook webhook, Action<Utf8JsonWriter, Webhook> write)
    {
        if ((WebhookUrl.Check(webhook.Url, "url", options) ?? WebhookEventTypes.Check(webhook.Events)) is { } fault)
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        await store.PutAsync(webhook, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, ListJson.One(webhook, write));
    }

    private static Task WriteAsync(HttpContext context, WebhookDelivery? delivery) => delivery is null
        ? FaultWriter.WriteAsync(context, Fault.NotFound("No such delivery. GET /v1/webhooks/{id}/deliveries lists those there are."))
        : JsonAnswer.WriteAsync(context, ListJson.One(delivery, WebhookJson.Write));
}
