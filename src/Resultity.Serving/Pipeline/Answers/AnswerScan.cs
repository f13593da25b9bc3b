using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline.Answers;

/// <summary>What the pipeline must know of a whole JSON answer.</summary>
internal readonly record struct AnswerFacts(bool IsValid, bool HasError, Usage Usage, int Results);

/// <summary>One pass over a whole answer: is it a JSON object to the last byte, does it carry results, and what was used.</summary>
internal static class AnswerScan
{
    public static AnswerFacts Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        var hasResult = false;
        var hasError = false;
        var usage = default(Usage);
        var results = 0;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return default;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("usage"u8))
                {
                    reader.Read();
                    if (reader.TokenType == JsonTokenType.StartObject)
                    {
                        usage = UsageReader.Read(ref reader);
                        continue;
                    }
                }
                else if (reader.ValueTextEquals("choices"u8) || reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("results"u8))
                {
                    reader.Read();
                    if (reader.TokenType == JsonTokenType.StartArray)
                    {
                        hasResult = true;
                        results = Count(ref reader);
                        continue;
                    }
                }
                else if (reader.ValueTextEquals("text"u8))
                {
                    reader.Read();
                    hasResult |= reader.TokenType == JsonTokenType.String;
                }
                else if (reader.ValueTextEquals("error"u8))
                {
                    reader.Read();
                    hasError |= reader.TokenType != JsonTokenType.Null;
                }

                reader.Skip();
            }

            reader.Read();
            return new AnswerFacts(hasResult || hasError, hasError, usage, results);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static int Count(ref Utf8JsonReader reader)
    {
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count++;
            reader.Skip();
        }

        return count;
    }
}
