using System.Buffers;
using System.Text.Json;

namespace Resultity.Serving.Batches;

/// <summary>Requests for embeddings that differ in nothing but their texts, as one request: a model computes many texts in little more time than one.</summary>
internal static class EmbeddingMerge
{
    /// <summary>A request's texts and what else it says.</summary>
    /// <param name="Texts">The texts as JSON strings with commas between.</param>
    /// <param name="Count">How many there are.</param>
    /// <param name="Rest">The other members as they stand, each with a comma behind.</param>
    internal readonly record struct Part(ReadOnlyMemory<byte> Texts, int Count, ReadOnlyMemory<byte> Rest);

    /// <summary>Takes a request apart; <see langword="null"/> if it cannot be put together with others.</summary>
    public static Part? Read(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span);
        var rest = new ArrayBufferWriter<byte>(128);
        Part? part = null;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var isInput = reader.ValueTextEquals("input"u8);
            reader.Read();
            var from = (int)reader.TokenStartIndex;
            if (isInput)
            {
                var count = part is null ? Texts(ref reader) : 0;
                if (count == 0)
                {
                    return null;
                }

                var texts = body[from..(int)reader.BytesConsumed];
                part = new Part(body.Span[from] == '[' ? texts[1..^1] : texts, count, default);
                continue;
            }

            reader.Skip();
            rest.Write(body.Span[start..(int)reader.BytesConsumed]);
            rest.Write(","u8);
        }

        return part is { } found ? found with { Rest = rest.WrittenMemory } : null;
    }

    /// <summary>The one request for all texts, in their order.</summary>
    public static byte[] Join(IReadOnlyList<Part> parts)
    {
        var body = new ArrayBufferWriter<byte>(parts.Sum(static part => part.Texts.Length + 1) + parts[0].Rest.Length + 16);
        body.Write("{"u8);
        body.Write(parts[0].Rest.Span);
        body.Write("\"input\":["u8);
        for (var i = 0; i < parts.Count; i++)
        {
            body.Write(i == 0 ? default : ","u8);
            body.Write(parts[i].Texts.Span);
        }

        body.Write("]}"u8);
        return body.WrittenSpan.ToArray();
    }

    /// <summary>Takes the answer apart again; <see langword="null"/> if it is not what was asked for.</summary>
    /// <param name="answer">The answer to the one request.</param>
    /// <param name="parts">What it was put together from.</param>
    /// <param name="tokens">How many tokens of input each part is to show.</param>
    public static List<byte[]>? Split(ReadOnlyMemory<byte> answer, IReadOnlyList<Part> parts, IReadOnlyList<long> tokens)
    {
        using var document = JsonDocument.Parse(answer);
        var root = document.RootElement;
        if (!root.TryGetProperty("data"u8, out var data) || data.ValueKind != JsonValueKind.Array || data.GetArrayLength() != parts.Sum(static part => part.Count))
        {
            return null;
        }

        var vectors = data.EnumerateArray().OrderBy(static item => item.TryGetProperty("index"u8, out var index) ? index.GetInt32() : 0).ToList();
        var answers = new List<byte[]>(parts.Count);
        var next = 0;
        for (var i = 0; i < parts.Count; i++)
        {
            answers.Add(Write(root, vectors.GetRange(next, parts[i].Count), tokens[i]));
            next += parts[i].Count;
        }

        return answers;
    }

    /// <summary>Divides a number in proportion to weights, so that the shares add up to it.</summary>
    public static long[] Divide(long total, IReadOnlyList<int> weights)
    {
        var sum = Math.Max(1, weights.Sum(static weight => (long)weight));
        var (shares, given, seen) = (new long[weights.Count], 0L, 0L);
        for (var i = 0; i < shares.Length; i++)
        {
            seen += weights[i];
            shares[i] = (total * seen / sum) - given;
            given += shares[i];
        }

        return shares;
    }

    private static int Texts(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return 1;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return 0;
        }

        var (count, depth) = (0, reader.CurrentDepth);
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            count++;
        }

        return reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth ? count : 0;
    }

    private static byte[] Write(JsonElement answer, List<JsonElement> vectors, long tokens)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach (var member in answer.EnumerateObject())
        {
            if (member.NameEquals("data"u8))
            {
                writer.WriteStartArray("data"u8);
                for (var i = 0; i < vectors.Count; i++)
                {
                    WriteVector(writer, vectors[i], i);
                }

                writer.WriteEndArray();
            }
            else if (member.NameEquals("usage"u8))
            {
                writer.WriteStartObject("usage"u8);
                writer.WriteNumber("prompt_tokens"u8, tokens);
                writer.WriteNumber("total_tokens"u8, tokens);
                writer.WriteEndObject();
            }
            else
            {
                member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteVector(Utf8JsonWriter writer, JsonElement vector, int index)
    {
        writer.WriteStartObject();
        foreach (var member in vector.EnumerateObject())
        {
            if (member.NameEquals("index"u8))
            {
                writer.WriteNumber("index"u8, index);
            }
            else
            {
                member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }
}
