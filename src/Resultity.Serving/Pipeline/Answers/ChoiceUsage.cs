using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Pipeline.Answers;

/// <summary>Adds up what a stream of several choices used, where its server reports each choice by itself, as llama-server does, instead of all at the end.</summary>
/// <remarks>If there are as many reports as choices they are parts. Otherwise the last one counts: servers that report several times of the whole tell how far it is.</remarks>
internal sealed class ChoiceUsage(InferenceRequest request)
{
    private (int Each, int Prompts)? _asked;
    private Usage _sum;
    private int _reports;
    private ReadOnlyMemory<byte> _held;

    /// <summary>Takes a report.</summary>
    /// <returns>What was used in all, as far as the reports tell.</returns>
    public Usage Add(Usage report)
    {
        _reports++;
        _sum += report;
        return IsComplete ? Total : report;
    }

    /// <summary>Keeps the chunk of a report back if other reports may follow, so that the client gets one with the sum.</summary>
    /// <returns>Whether the client is to see the chunk now.</returns>
    public bool Pass(ref ReadOnlyMemory<byte> chunk)
    {
        if (Asked is { Each: 1, Prompts: 1 })
        {
            return true;
        }

        if (!IsComplete)
        {
            _held = chunk.ToArray();
            return false;
        }

        _held = default;
        chunk = WithUsage(chunk, Total);
        return true;
    }

    /// <summary>The chunk that was kept back for reports that did not come.</summary>
    public bool TryTakeHeld(out ReadOnlyMemory<byte> chunk)
    {
        (chunk, _held) = (_held, default);
        return !chunk.IsEmpty;
    }

    private bool IsComplete => _reports > 1 && _reports == Asked.Each * Asked.Prompts;

    /// <summary>The choices of a prompt share its tokens.</summary>
    private Usage Total => _sum with { InputTokens = _sum.InputTokens / Asked.Each, CachedTokens = _sum.CachedTokens / Asked.Each };

    private (int Each, int Prompts) Asked => _asked ??= Read(request.Body.Span);

    private static (int Each, int Prompts) Read(ReadOnlySpan<byte> body)
    {
        var (each, prompts) = (1, 1);
        var reader = new Utf8JsonReader(body);
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isN, isPrompt) = (reader.ValueTextEquals("n"u8), reader.ValueTextEquals("prompt"u8));
                reader.Read();
                if (isN && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var n))
                {
                    each = Math.Max(1, n);
                }
                else if (isPrompt && reader.TokenType == JsonTokenType.StartArray)
                {
                    prompts = Math.Max(1, CountPrompts(ref reader));
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        catch (JsonException)
        {
            // A form: one choice of each.
        }

        return (each, prompts);
    }

    /// <summary>A list of numbers is one prompt.</summary>
    private static int CountPrompts(ref Utf8JsonReader reader)
    {
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count += reader.TokenType == JsonTokenType.Number ? 0 : 1;
            reader.Skip();
        }

        return count;
    }

    private static byte[] WithUsage(ReadOnlyMemory<byte> chunk, Usage usage)
    {
        var root = JsonNode.Parse(chunk.Span)!;
        var told = root["usage"]!;
        told["prompt_tokens"] = usage.InputTokens;
        told["completion_tokens"] = usage.OutputTokens;
        told["total_tokens"] = usage.TotalTokens;
        if (told["prompt_tokens_details"] is JsonObject details)
        {
            details["cached_tokens"] = usage.CachedTokens;
        }

        using var buffer = new MemoryStream(chunk.Length + 64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            root.WriteTo(writer);
        }

        return buffer.ToArray();
    }
}
