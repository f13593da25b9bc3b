using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Http;
using Resultity.Serving.Catalog;

namespace Resultity.Gateway.Audio;

/// <summary>The voices of all models that speak.</summary>
internal static class VoiceList
{
    public static Task WriteAsync(HttpContext context, ModelCatalog catalog)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, FaultJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        foreach (var model in catalog.List(context.Caller))
        {
            foreach (var voice in model.Voices)
            {
                writer.WriteStartObject();
                writer.WriteString("id"u8, voice);
                writer.WriteString("object"u8, "audio.voice"u8);
                writer.WriteString("model"u8, model.Id);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
        writer.WriteBoolean("has_more"u8, false);
        writer.WriteEndObject();
        writer.Flush();
        return JsonAnswer.WriteAsync(context, buffer.WrittenMemory);
    }
}
