using System.Text.Json;
using Resultity.Node.Runtimes.Onnx.Requests;

namespace Resultity.Node.Runtimes.Onnx.Images;

/// <summary>What answers say of their images beside the images.</summary>
internal static class ImageFacts
{
    public static void Write(Utf8JsonWriter json, ImageRequest request)
    {
        json.WriteString("background"u8, request.Background);
        json.WriteString("output_format"u8, request.FormatName);
        json.WriteString("quality"u8, request.Quality);
        json.WriteString("size"u8, request.Size);
    }

    /// <summary>Images are counted; no token stands for one.</summary>
    public static void WriteUsage(Utf8JsonWriter json, long textTokens, int images, long imageTokens = 0, long outputTokens = 0)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, textTokens + imageTokens);
        json.WriteNumber("output_tokens"u8, outputTokens);
        json.WriteNumber("total_tokens"u8, textTokens + imageTokens + outputTokens);
        if (images > 0) json.WriteNumber("images"u8, images);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("text_tokens"u8, textTokens);
        json.WriteNumber("image_tokens"u8, imageTokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
