using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline.Answers;

/// <summary>What the pipeline must know of a whole JSON answer.</summary>
internal readonly record struct AnswerFacts(bool IsValid, bool HasError, Usage Usage);

/// <summary>One pass over a whole answer: is it a JSON object to the last byte, does it carry results, and what was used.</summary>
internal static class AnswerScan
{
    public static AnswerFacts Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        var hasResult = false;
        var hasError = false;
        var usage = default(Usage);
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
                else if (reader.ValueTextEquals("choices"u8) || reader.ValueTextEquals("data"u8))
                {
                    reader.Read();
                    hasResult |= reader.TokenType == JsonTokenType.StartArray;
                }
                else if (reader.ValueTextEquals("error"u8))
                {
                    reader.Read();
                    hasError |= reader.TokenType != JsonTokenType.Null;
                }

                reader.Skip();
            }

            reader.Read();
            return new AnswerFacts(hasResult || hasError, hasError, usage);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
