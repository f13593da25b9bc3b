using System.Buffers;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline.Answers;

/// <summary>What the pipeline must know of one streamed chunk.</summary>
internal readonly record struct ChunkFacts(bool IsValid, bool HasChoices, bool HasText, bool IsFinished, bool HasError, Usage? Usage);

/// <summary>One pass over a streamed chunk (<c>chat.completion.chunk</c>, <c>text_completion</c>, or an event with a <c>type</c>), without a document.</summary>
internal static class ChunkScan
{
    /// <summary>Reads the facts, and appends the chunk's text to <paramref name="text"/> if one is given.</summary>
    public static ChunkFacts Read(ReadOnlySpan<byte> data, ArrayBufferWriter<byte>? text)
    {
        var reader = new Utf8JsonReader(data);
        try
        {
            return Read(ref reader, text);
        }
        catch (JsonException)
        {
            return default;
        }
        catch (InvalidOperationException)
        {
            // A string with broken escapes; JSON allows none.
            return default;
        }
    }

    private static ChunkFacts Read(ref Utf8JsonReader reader, ArrayBufferWriter<byte>? text)
    {
        var choices = new Choices();
        var hasError = false;
        var ends = false;
        var images = 0;
        Usage? usage = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return default;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("choices"u8))
            {
                reader.Read();
                ReadChoices(ref reader, text, ref choices);
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    usage = UsageReader.Read(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                ends = reader.TokenType == JsonTokenType.String && (reader.ValueSpan.EndsWith(".completed"u8) || reader.ValueSpan.EndsWith(".done"u8));
                images += ends && reader.ValueSpan.StartsWith("image_"u8) ? 1 : 0;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                hasError |= reader.TokenType != JsonTokenType.Null;
                reader.Skip();
            }
            else
            {
                reader.Skip();
            }
        }

        // Reading on past the object's end throws if anything but white space follows.
        reader.Read();
        usage = images > 0 && usage.GetValueOrDefault().Images == 0 ? usage.GetValueOrDefault() with { Images = images } : usage;
        return new ChunkFacts(true, choices.Count > 0, choices.HasText, ends || (choices.Count > 0 && choices.Finished == choices.Count), hasError, usage);
    }

    private static void ReadChoices(ref Utf8JsonReader reader, ArrayBufferWriter<byte>? text, ref Choices choices)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            choices.Count++;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadChoiceField(ref reader, text, ref choices);
            }
        }
    }

    private static void ReadChoiceField(ref Utf8JsonReader reader, ArrayBufferWriter<byte>? text, ref Choices choices)
    {
        if (reader.ValueTextEquals("delta"u8))
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("content"u8))
                {
                    reader.Read();
                    Append(ref reader, text, ref choices);
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        else if (reader.ValueTextEquals("text"u8))
        {
            reader.Read();
            Append(ref reader, text, ref choices);
        }
        else if (reader.ValueTextEquals("finish_reason"u8))
        {
            reader.Read();
            choices.Finished += reader.TokenType == JsonTokenType.String ? 1 : 0;
            reader.Skip();
        }
        else
        {
            reader.Skip();
        }
    }

    private static void Append(ref Utf8JsonReader reader, ArrayBufferWriter<byte>? text, ref Choices choices)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return;
        }

        var length = reader.ValueSpan.Length;
        if (length > 0)
        {
            choices.HasText = true;
            text?.Advance(reader.CopyString(text.GetSpan(length)));
        }
    }

    private struct Choices
    {
        public int Count;
        public int Finished;
        public bool HasText;
    }
}
