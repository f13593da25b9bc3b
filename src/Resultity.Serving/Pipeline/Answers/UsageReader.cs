using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline.Answers;

/// <summary>Reads OpenAI's usage object, in chat's words or in the Responses API's.</summary>
internal static class UsageReader
{
    /// <summary>Reads the object that the reader stands on and leaves the reader at its end. Figures that are not counts read as 0.</summary>
    public static Usage Read(ref Utf8JsonReader reader)
    {
        long input = 0, output = 0, cached = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("prompt_tokens"u8) || reader.ValueTextEquals("input_tokens"u8))
            {
                input = Count(ref reader);
            }
            else if (reader.ValueTextEquals("completion_tokens"u8) || reader.ValueTextEquals("output_tokens"u8))
            {
                output = Count(ref reader);
            }
            else if (reader.ValueTextEquals("prompt_tokens_details"u8) || reader.ValueTextEquals("input_tokens_details"u8))
            {
                cached = Cached(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return new Usage(input, output, Math.Min(cached, input));
    }

    private static long Cached(ref Utf8JsonReader reader)
    {
        long cached = 0;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return 0;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("cached_tokens"u8))
            {
                cached = Count(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return cached;
    }

    private static long Count(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var count) && count >= 0)
        {
            return count;
        }

        reader.Skip();
        return 0;
    }
}
