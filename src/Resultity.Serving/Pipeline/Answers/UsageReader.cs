using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline.Answers;

/// <summary>Reads OpenAI's usage object, in chat's words, in the Responses API's or in a transcription's; and <c>images</c>, how many were made.</summary>
internal static class UsageReader
{
    /// <summary>Reads the object that the reader stands on and leaves the reader at its end. Figures that are not counts read as 0.</summary>
    public static Usage Read(ref Utf8JsonReader reader)
    {
        long input = 0, output = 0, cached = 0, images = 0, audio = 0;
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
            else if (reader.ValueTextEquals("images"u8))
            {
                images = Count(ref reader);
            }
            else if (reader.ValueTextEquals("seconds"u8))
            {
                audio = Milliseconds(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return new Usage(input, output, Math.Min(cached, input)) { Images = images, AudioMilliseconds = audio };
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

    private static long Milliseconds(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var seconds) && seconds is >= 0 and < 1e9)
        {
            return (long)Math.Round(seconds * 1000);
        }

        reader.Skip();
        return 0;
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
