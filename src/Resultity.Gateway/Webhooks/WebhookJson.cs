using System.Text.Json;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Webhooks;

/// <summary>Webhooks and deliveries as clients see them.</summary>
internal static class WebhookJson
{
    public static void Write(Utf8JsonWriter writer, Webhook webhook) => Write(writer, webhook, withSecret: false);

    /// <summary>Writes a webhook with the secret, which is shown once.</summary>
    public static void WriteSecret(Utf8JsonWriter writer, Webhook webhook) => Write(writer, webhook, withSecret: true);

    public static void Write(Utf8JsonWriter writer, WebhookDelivery delivery)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, delivery.Id);
        writer.WriteString("object"u8, "webhook.delivery"u8);
        writer.WriteString("event_id"u8, delivery.EventId);
        writer.WriteString("type"u8, delivery.Type);
        writer.WriteString("object_id"u8, delivery.ObjectId);
        writer.WriteString("url"u8, delivery.IsDirect ? delivery.WebhookId : null);
        writer.WriteString("status"u8, delivery.Status);
        writer.WriteNumber("attempts"u8, delivery.Attempts);
        writer.WriteNumber("created_at"u8, delivery.CreatedAt.ToUnixTimeSeconds());
        Number(writer, "next_attempt_at"u8, delivery.Status == "pending" ? delivery.NextAt.ToUnixTimeSeconds() : null);
        Number(writer, "response_status"u8, delivery.ResponseStatus);
        writer.WriteString("error"u8, delivery.Error);
        writer.WriteEndObject();
    }

    /// <summary>The answer to a deletion.</summary>
    public static void WriteDeleted(Utf8JsonWriter writer, string id)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("object"u8, "webhook.deleted"u8);
        writer.WriteBoolean("deleted"u8, true);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Webhook webhook, bool withSecret)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, webhook.Id);
        writer.WriteString("object"u8, "webhook"u8);
        writer.WriteString("url"u8, webhook.Url.Length > 0 ? webhook.Url : null);
        writer.WriteString("description"u8, webhook.Description);
        writer.WriteStartArray("events"u8);
        foreach (var type in webhook.Events)
        {
            writer.WriteStringValue(type);
        }

        writer.WriteEndArray();
        writer.WriteBoolean("enabled"u8, webhook.IsEnabled);
        writer.WriteString("disabled_reason"u8, webhook.DisabledReason);
        writer.WriteNumber("created_at"u8, webhook.CreatedAt.ToUnixTimeSeconds());
        Number(writer, "old_secret_valid_until"u8, webhook.OldValidUntil?.ToUnixTimeSeconds());
        if (withSecret)
        {
            writer.WriteString("secret"u8, webhook.Secret);
        }

        writer.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
