using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Captioning;
using Resultity.Onnx.Imaging;

namespace Resultity.Node.Runtimes.Onnx.Images;

/// <summary>Serves <c>/v1/images/description</c> on a captioner.</summary>
internal sealed class DescriptionEndpoint(TimeProvider time)
{
    private static readonly string[] Plain = ["n", "stream", "max_tokens", "temperature", "seed"];

    public async ValueTask ServeAsync(RuntimeExchange exchange, LoadedCaptionModel model, CancellationToken cancellation)
    {
        using var body = MediaFields.Read(exchange, Plain);
        var fields = body.Fields;
        var kind = fields.Choice("kind", "caption", "caption", "tags", "ocr", "json");
        if (kind == "ocr") throw new InvalidRequestException($"'kind' cannot be 'ocr': the model '{exchange.Model}' describes scenes and does not read text. Use a vision model for it.", "kind", "unsupported_value");
        if (fields.Text("language") is { } language && !language.StartsWith("en", StringComparison.OrdinalIgnoreCase))
            throw new InvalidRequestException($"'language' cannot be '{RequestFields.Shortened(language)}': the model '{exchange.Model}' writes English.", "language", "unsupported_value");
        var count = (int)(fields.Integer("n", 1, 10) ?? 1);
        var first = Options(fields);
        var picture = await Task.Run(() => ImageInput.Read(body, "image") is [var only, ..] ? only : throw fields.Missing("image"), cancellation);
        var asText = fields.Choice("response_format", "json", "json", "text") == "text";
        if (fields.Flag("stream"))
        {
            if (count > 1) throw new InvalidRequestException("'n' must be 1 when 'stream' is true.", "n", "invalid_parameter_combination");
            await StreamAsync(exchange, model.Model, picture, first, kind, cancellation);
            return;
        }

        var captions = new List<Caption>();
        for (var index = 0; index < count; index++)
        {
            // The likeliest text is the same every time, so further ones are drawn.
            var options = index == 0 ? first : first with { Temperature = first.Temperature > 0 ? first.Temperature : 0.7, Seed = first.Seed + (ulong)index };
            captions.Add(await Task.Run(() => model.Model.Describe(picture, options, null, cancellation), cancellation));
        }

        var descriptions = captions.ConvertAll(caption => new Description(caption.Text, kind));
        using var buffer = new AnswerBuffer();
        if (asText)
        {
            exchange.Usage = new(0, captions.Sum(static caption => (long)caption.Tokens));
            await exchange.RespondAsync(200, "text/plain; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', descriptions.Select(static description => description.Text))), cancellation);
            return;
        }

        var json = buffer.Json;
        json.WriteStartObject();
        json.WriteNumber("created"u8, time.GetUtcNow().ToUnixTimeSeconds());
        json.WriteString("model"u8, exchange.Model);
        json.WriteStartArray("data"u8);
        foreach (var description in descriptions) description.Write(json);
        json.WriteEndArray();
        ImageFacts.WriteUsage(json, 0, 0, 0, captions.Sum(static caption => (long)caption.Tokens));
        json.WriteEndObject();
        await exchange.RespondAsync(200, "application/json", buffer.Written, cancellation);
    }

    private static CaptionOptions Options(RequestFields fields) => new()
    {
        MaxTokens = (int)(fields.Integer("max_tokens", 1, int.MaxValue) ?? int.MaxValue),
        Temperature = fields.Number("temperature", 0, 2) ?? 0,
        Seed = (ulong)(fields.Integer("seed", long.MinValue, long.MaxValue) ?? 0),
    };

    private static async ValueTask StreamAsync(RuntimeExchange exchange, CaptionModel model, Picture picture, CaptionOptions options, string kind, CancellationToken cancellation)
    {
        await exchange.StartAsync(200, "text/event-stream", cancellation);
        using var buffer = new AnswerBuffer();
        var caption = await CaptionPieces.SendAsync(model, picture, options, async piece =>
        {
            buffer.BeginEvent();
            buffer.Json.WriteStartObject();
            buffer.Json.WriteString("type"u8, "image_description.delta"u8);
            buffer.Json.WriteString("delta"u8, piece);
            buffer.Json.WriteEndObject();
            buffer.EndEvent();
            await exchange.WriteAsync(buffer.Written, cancellation);
            buffer.Clear();
        }, cancellation);
        buffer.BeginEvent();
        buffer.Json.WriteStartObject();
        buffer.Json.WriteString("type"u8, "image_description.done"u8);
        buffer.Json.WritePropertyName("description"u8);
        new Description(caption.Text, kind).Write(buffer.Json);
        ImageFacts.WriteUsage(buffer.Json, 0, 0, 0, caption.Tokens);
        buffer.Json.WriteEndObject();
        buffer.EndEvent();
        buffer.Done();
        await exchange.WriteAsync(buffer.Written, cancellation);
        await exchange.CompleteAsync(cancellation);
    }
}
