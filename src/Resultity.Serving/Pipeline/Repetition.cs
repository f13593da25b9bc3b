using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline;

/// <summary>An answer that comes out the same when it is computed again: what of it the client has, so that a second node's answer can be taken up where that ends.</summary>
/// <remarks>
/// For answers that are more than plain text: under a JSON constraint, with tool calls or with log probabilities. Their state cannot be handed
/// over as text, so another node computes the whole answer, and each of its chunks is compared with what was told. One that differs ends the
/// answer with an error: it is never mended silently. Identifiers and figures of probability may differ, since they say nothing of the text.
/// </remarks>
internal sealed class Repetition
{
    private readonly List<ulong> _told = [];
    private int _at;
    private bool _repeats;

    internal enum Verdict
    {
        /// <summary>The client has not seen it.</summary>
        New,

        /// <summary>The client has it.</summary>
        Told,

        /// <summary>It is not what was told.</summary>
        Different,
    }

    /// <summary>Whether a second answer has not yet come to where the first broke off.</summary>
    public bool IsBehind => _repeats && _at < _told.Count;

    /// <summary>Whether the request asks for one answer that does not depend on chance.</summary>
    public static bool IsPossible(InferenceRequest request) =>
        request is { Stream: true, IsPlainText: false }
        && (request.Endpoint == InferenceEndpoint.ChatCompletions || request.Endpoint == InferenceEndpoint.Completions)
        && LeavesNothingToChance(request.Body.Span);

    /// <summary>From here on another node's answer comes, from its beginning.</summary>
    public void Begin() => (_repeats, _at) = (true, 0);

    /// <summary>Takes a chunk that has choices.</summary>
    public Verdict Take(ReadOnlySpan<byte> chunk)
    {
        var mark = MarkOf(chunk);
        if (!IsBehind)
        {
            _told.Add(mark);
            _at = _told.Count;
            return Verdict.New;
        }

        return _told[_at++] == mark ? Verdict.Told : Verdict.Different;
    }

    private static bool LeavesNothingToChance(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        var (isFixed, isOne) = (false, true);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (zero, one, seed) = (reader.ValueTextEquals("temperature"u8), reader.ValueTextEquals("top_k"u8), reader.ValueTextEquals("seed"u8));
            var single = reader.ValueTextEquals("n"u8) || reader.ValueTextEquals("best_of"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.Number)
            {
                var value = reader.GetDouble();
                isFixed |= seed || (zero && value == 0) || (one && value == 1);
                isOne &= !single || value == 1;
            }

            reader.Skip();
        }

        return isFixed && isOne;
    }

    /// <summary>A mark of what a chunk's choices say: FNV-1a over the names and values that are not empty.</summary>
    private static ulong MarkOf(ReadOnlySpan<byte> chunk)
    {
        var reader = new Utf8JsonReader(chunk);
        var mark = 14695981039346656037UL;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isChoices = reader.ValueTextEquals("choices"u8);
            reader.Read();
            if (isChoices && reader.TokenType == JsonTokenType.StartArray)
            {
                Mix(ref reader, ref mark);
            }
            else
            {
                reader.Skip();
            }
        }

        return mark;
    }

    private static void Mix(ref Utf8JsonReader reader, ref ulong mark)
    {
        var depth = reader.CurrentDepth;
        var name = default(ReadOnlySpan<byte>);
        var chances = int.MaxValue;
        do
        {
            if (reader.CurrentDepth <= chances && reader.TokenType is (JsonTokenType.PropertyName or JsonTokenType.EndObject or JsonTokenType.EndArray))
            {
                chances = int.MaxValue;
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = reader.ValueSpan;
                    if (reader.ValueTextEquals("logprobs"u8) && chances == int.MaxValue)
                    {
                        chances = reader.CurrentDepth;
                    }

                    break;
                case JsonTokenType.String when reader.ValueSpan.Length > 0 && !name.SequenceEqual("id"u8):
                case JsonTokenType.Number when chances == int.MaxValue:
                case JsonTokenType.True:
                case JsonTokenType.False:
                    Add(ref mark, name);
                    Add(ref mark, reader.ValueSpan);
                    break;
                default:
                    break;
            }
        }
        while ((reader.CurrentDepth > depth || reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject)) && reader.Read());
    }

    private static void Add(ref ulong mark, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            mark = (mark ^ b) * 1099511628211UL;
        }

        // Between two values, so that "ab" and "c" are not "a" and "bc".
        mark = (mark ^ 0xFF) * 1099511628211UL;
    }
}
