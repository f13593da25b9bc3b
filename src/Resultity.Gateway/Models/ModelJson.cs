using System.Buffers;
using System.Text.Json;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Shards;
using Resultity.Serving.Catalog;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Sharding;

namespace Resultity.Gateway.Models;

/// <summary>Models in OpenAI's shape, with what this cloud knows beside it.</summary>
internal static class ModelJson
{
    /// <summary>A list object of models.</summary>
    public static ReadOnlyMemory<byte> List(IReadOnlyList<ModelSnapshot> models)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        foreach (var model in models)
        {
            Write(writer, model);
        }

        writer.WriteEndArray();
        writer.WriteString("first_id"u8, models.Count > 0 ? models[0].Id : null);
        writer.WriteString("last_id"u8, models.Count > 0 ? models[^1].Id : null);
        writer.WriteBoolean("has_more"u8, false);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>One model.</summary>
    public static ReadOnlyMemory<byte> One(ModelSnapshot model, ShardGroupSnapshot? shards)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        Write(writer, model, shards);
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, ModelSnapshot model, ShardGroupSnapshot? shards = null)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, model.Id);
        writer.WriteString("object"u8, "model"u8);
        writer.WriteNumber("created"u8, model.Created);
        writer.WriteString("owned_by"u8, model.OwnedBy);
        writer.WriteStartArray("endpoints"u8);
        foreach (var endpoint in model.Endpoints)
        {
            writer.WriteStringValue(endpoint);
        }

        writer.WriteEndArray();
        if (model.ContextLength is { } length)
        {
            writer.WriteNumber("context_length"u8, length);
        }

        writer.WriteNumber("nodes"u8, model.Nodes);
        writer.WriteNumber("slots"u8, model.Slots);
        writer.WriteNumber("running"u8, model.Running);
        writer.WriteNumber("waiting"u8, model.Waiting);
        writer.WriteBoolean("ready"u8, model.Ready);
        if (model.Voices.Count > 0)
        {
            writer.WriteStartArray("voices"u8);
            foreach (var voice in model.Voices)
            {
                writer.WriteStringValue(voice);
            }

            writer.WriteEndArray();
        }

        if (shards is not null)
        {
            writer.WritePropertyName("shards"u8);
            ShardJson.Of(shards).WriteTo(writer);
        }

        if (model.Multimodel is { } several)
        {
            writer.WritePropertyName("multimodel"u8);
            SpecWriter.Write(writer, several);
        }

        writer.WriteEndObject();
    }
}
