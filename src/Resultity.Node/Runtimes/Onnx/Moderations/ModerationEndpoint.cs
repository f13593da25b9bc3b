using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Classification;

namespace Resultity.Node.Runtimes.Onnx.Moderations;

/// <summary>A text classifier in memory.</summary>
internal sealed class LoadedClassifier(ClassificationModel model) : LoadedModel
{
    public ClassificationModel Model => model;

    public override int ContextLength => model.MaxTokens;

    public override ValueTask DisposeAsync()
    {
        model.Dispose();
        return default;
    }
}

/// <summary>Serves <c>/v1/moderations</c> on a text classifier whose labels are categories of harm.</summary>
/// <remarks>
/// Categories of OpenAI's that the model does not know are there, never flagged, with a score of 0 and an empty list of input types: that is how an
/// answer says what was not looked at. A label such as <c>safe</c> or <c>neutral</c> is no category.
/// </remarks>
internal sealed class ModerationEndpoint(TimeProvider time)
{
    private const int MostInputs = 256, LongestText = 256 * 1024;

    private static readonly string[] Known =
    [
        "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm", "self-harm/instructions",
        "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
    ];

    private static readonly string[] Harmless = ["safe", "neutral", "ok", "none", "clean", "non-toxic"];

    public async ValueTask ServeAsync(RuntimeExchange exchange, LoadedClassifier model, CancellationToken cancellation)
    {
        using var body = RequestBody.Parse(exchange.Body);
        var texts = Inputs(RequestFields.Of(body.RootElement, ""));
        var scores = await Task.Run(() => texts.ConvertAll(text => model.Model.Classify(text, cancellation)), cancellation);
        using var buffer = new AnswerBuffer();
        var json = buffer.Json;
        json.WriteStartObject();
        json.WriteString("id"u8, Id.New("modr-", time));
        json.WriteString("model"u8, exchange.Model);
        json.WriteStartArray("results"u8);
        foreach (var (found, _) in scores) Write(json, model.Model.Labels, found);
        json.WriteEndArray();
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, scores.Sum(static text => (long)text.Tokens));
        json.WriteNumber("total_tokens"u8, scores.Sum(static text => (long)text.Tokens));
        json.WriteEndObject();
        json.WriteEndObject();
        await exchange.RespondAsync(200, "application/json", buffer.Written, cancellation);
    }

    /// <summary>Each text is judged by itself; the parts of one mixed input are one text.</summary>
    private static List<string> Inputs(RequestFields fields)
    {
        var input = fields.Member("input") ?? throw fields.Missing("input");
        if (input.ValueKind == JsonValueKind.String) return [Checked(fields.RequiredText("input"), "input")];
        var items = fields.List("input", MostInputs)!;
        if (items.Count == 0) throw new InvalidRequestException("'input' is an empty array.", "input", "empty_array");
        if (items[0].ValueKind != JsonValueKind.Object)
            return [.. items.Select((item, at) => item.ValueKind == JsonValueKind.String ? Checked(RequestFields.ReadText(item, $"input[{at}]"), $"input[{at}]") : throw RequestFields.Wrong($"input[{at}]", "a string", item))];
        var parts = items.Select((item, at) =>
        {
            var part = RequestFields.Of(item, $"input[{at}]");
            return part.Text("type") == "text" ? part.RequiredText("text")
                : throw new InvalidRequestException($"'input[{at}]' is an image; this model judges text only.", $"input[{at}].type", "unsupported_content");
        });
        return [Checked(string.Join('\n', parts), "input")];
    }

    private static string Checked(string text, string path) => text.Length <= LongestText
        ? text
        : throw new InvalidRequestException($"'{path}' has {text.Length} characters; at most {LongestText} are taken.", path, "string_above_max_length");

    private static void Write(Utf8JsonWriter json, IReadOnlyList<string> labels, float[] scores)
    {
        var found = new Dictionary<string, float>(StringComparer.Ordinal);
        for (var at = 0; at < labels.Count; at++)
        {
            if (!Harmless.Contains(labels[at], StringComparer.OrdinalIgnoreCase)) found[labels[at]] = scores[at];
        }

        string[] categories = [.. Known.Union(found.Keys, StringComparer.Ordinal)];
        json.WriteStartObject();
        json.WriteBoolean("flagged"u8, found.Values.Any(static score => score >= 0.5f));
        json.WriteStartObject("categories"u8);
        foreach (var category in categories) json.WriteBoolean(category, found.GetValueOrDefault(category) >= 0.5f);
        json.WriteEndObject();
        json.WriteStartObject("category_scores"u8);
        foreach (var category in categories) json.WriteNumber(category, Math.Round((double)found.GetValueOrDefault(category), 6));
        json.WriteEndObject();
        json.WriteStartObject("category_applied_input_types"u8);
        foreach (var category in categories)
        {
            json.WriteStartArray(category);
            if (found.ContainsKey(category)) json.WriteStringValue("text"u8);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
