using System.Text.Json;

namespace Resultity.Serving.Multimodel.Plans;

/// <summary>Writes what <see cref="SpecReader"/> reads.</summary>
public static class SpecWriter
{
    /// <summary>Writes the <c>multimodel</c> object. Values that are the usual ones are left out.</summary>
    public static void Write(Utf8JsonWriter writer, MultimodelSpec spec)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(spec);
        writer.WriteStartObject();
        writer.WriteString("mode"u8, spec.Mode.Name());
        writer.WriteStartArray("models"u8);
        foreach (var member in spec.Members)
        {
            Write(writer, member);
        }

        writer.WriteEndArray();
        if (spec.MinSuccess > 1)
        {
            writer.WriteNumber("min_success"u8, spec.MinSuccess);
        }

        if (spec.Mode == MultimodelMode.Hedge)
        {
            writer.WriteNumber("hedge_ms"u8, (long)spec.Hedge.TotalMilliseconds);
        }

        if (spec.Timeout is { } timeout)
        {
            writer.WriteNumber("timeout_ms"u8, (long)timeout.TotalMilliseconds);
        }

        if (spec.Judge is { } judge)
        {
            writer.WriteString("judge"u8, judge);
            writer.WriteString("judge_mode"u8, spec.Synthesises ? "synthesise"u8 : "choose"u8);
        }

        if (spec.Mode == MultimodelMode.Vote)
        {
            Write(writer, spec.Vote);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, VoteRule vote)
    {
        writer.WriteStartObject("vote"u8);
        if (vote.By is { } by)
        {
            writer.WriteString("by"u8, by.ToString().ToLowerInvariant());
        }

        writer.WriteNumber("quorum"u8, vote.Quorum);
        if (vote.Model is { } model)
        {
            writer.WriteString("model"u8, model);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, MemberSpec member)
    {
        if (member.Overrides is not { } overrides)
        {
            writer.WriteStringValue(member.Model);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("model"u8, member.Model);
        if (overrides.System is { } system)
        {
            writer.WriteString("system"u8, system);
        }

        foreach (var (name, value) in overrides.Fields)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(value);
        }

        writer.WriteEndObject();
    }
}
