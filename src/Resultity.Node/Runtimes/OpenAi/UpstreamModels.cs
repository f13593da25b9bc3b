using System.Text.Json;
using Resultity.Contracts.Fleet;

namespace Resultity.Node.Runtimes.OpenAi;

/// <summary>Reads the upstream's <c>GET /v1/models</c> into offers.</summary>
internal static class UpstreamModels
{
    private const int MostModels = 500;
    private const int LongestName = 256;

    /// <summary>The offers in the upstream's order, or null when the answer is not a list of models.</summary>
    public static IReadOnlyList<ModelOffer>? Parse(ReadOnlySpan<byte> json, OpenAiRuntimeOptions options, string runtime)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
                return null;
            var offers = new List<ModelOffer>();
            foreach (var entry in data.EnumerateArray())
                if (offers.Count < MostModels && Read(entry, options, runtime) is { } offer && offers.TrueForAll(known => known.Model != offer.Model))
                    offers.Add(offer);
            return offers;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ModelOffer? Read(JsonElement entry, OpenAiRuntimeOptions options, string runtime)
    {
        if (entry.ValueKind != JsonValueKind.Object || Text(entry, "id") is not { Length: > 0 and <= LongestName } id || id.Any(char.IsControl))
            return null;
        if (options.Models.Count > 0 && !options.Models.Contains(id))
            return null;
        return new ModelOffer
        {
            Model = id,
            Endpoints = options.Endpoints,
            Slots = options.Slots,
            Runtime = runtime,
            ContextLength = ContextOf(entry) ?? options.ContextLength,
            ContinuesPrefix = options.ContinuesPrefix,
            Created = Number(entry, "created"),
            OwnedBy = Text(entry, "owned_by"),
        };
    }

    // vLLM and SGLang say max_model_len, several routers context_length, llama-server meta.n_ctx (or n_ctx_train where it is older).
    private static int? ContextOf(JsonElement entry)
    {
        var meta = entry.TryGetProperty("meta", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : default;
        var length = Number(entry, "max_model_len") ?? Number(entry, "context_length") ?? Number(meta, "n_ctx") ?? Number(meta, "n_ctx_train");
        return length is > 0 and <= int.MaxValue ? (int)length : null;
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement entry, string name) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
            ? number
            : null;
}
