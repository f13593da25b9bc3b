using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http;

/// <summary>The <c>queue</c> object that explains a wait.</summary>
internal static class QueueJson
{
    /// <summary>Writes the property into an object that has been started.</summary>
    public static void WriteProperty(Utf8JsonWriter writer, QueueFacts facts)
    {
        writer.WriteStartObject("queue"u8);
        if (facts.Position is { } position)
        {
            writer.WriteNumber("position"u8, position);
        }

        if (facts.Ahead is { } ahead)
        {
            writer.WriteNumber("ahead"u8, ahead);
        }

        if (facts.Eta is { } eta)
        {
            writer.WriteStartObject("eta"u8);
            writer.WriteNumber("p50_seconds"u8, Seconds(eta.P50));
            writer.WriteNumber("p90_seconds"u8, Seconds(eta.P90));
            writer.WriteEndObject();
        }

        writer.WriteBoolean("possible"u8, facts.Possible);
        if (facts.Reason is not null)
        {
            writer.WriteString("reason"u8, facts.Reason);
        }

        writer.WriteEndObject();
    }

    /// <summary>A forecast as it is told: more digits would promise more than is known.</summary>
    public static double Seconds(TimeSpan span) => Math.Round(span.TotalSeconds, span.TotalSeconds < 10 ? 2 : 0);
}
