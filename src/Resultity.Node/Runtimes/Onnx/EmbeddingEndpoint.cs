using System.Runtime.InteropServices;
using System.Text.Json;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Requests;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>Serves <c>/v1/embeddings</c>.</summary>
internal static class EmbeddingEndpoint
{
    private const int MaxInputs = 2048;

    public static async ValueTask ServeAsync(RuntimeExchange exchange, LoadedEmbeddingModel model, CancellationToken cancellation)
    {
        using var body = RequestBody.Parse(exchange.Body);
        var fields = RequestFields.Of(body.RootElement, "");
        var vocabulary = Math.Min(model.Tokenizer.VocabularySize, model.Model.VocabularySize);
        var inputs = TextInput.Read(fields, "input", vocabulary, MaxInputs) ?? throw fields.Missing("input");
        var base64 = fields.Choice("encoding_format", "float", "float", "base64") == "base64";
        var dimensions = (int)(fields.Integer("dimensions", 1, model.Model.Dimensions) ?? model.Model.Dimensions);
        var texts = inputs.Select((input, at) => Encode(input, inputs.Count > 1 ? $"input[{at}]" : "input", model)).ToList();
        // The model computes on its caller's thread; the exchange's must stay free.
        var vectors = await Task.Run(() => model.Model.Embed(texts, cancellation), cancellation);
        using var buffer = new AnswerBuffer();
        Write(buffer.Json, exchange.Model, vectors, dimensions, base64, texts.Sum(static text => (long)text.Length));
        await exchange.RespondAsync(200, "application/json", buffer.Written, cancellation);
    }

    private static int[] Encode(TextInput input, string path, LoadedEmbeddingModel model)
    {
        if (input.Text is { Length: 0 }) throw new InvalidRequestException($"'{path}' is an empty text.", path);
        var tokens = input.Tokens ?? model.Tokenizer.Encode(input.Text!, addSpecialTokens: true, parseSpecialTokens: false);
        return tokens.Length <= model.Model.MaxTokens ? tokens : throw new InvalidRequestException(
            $"This model's maximum context length is {model.Model.MaxTokens} tokens, but '{path}' has {tokens.Length} tokens. Shorten it.", path, "context_length_exceeded");
    }

    private static void Write(Utf8JsonWriter json, string model, float[][] vectors, int dimensions, bool base64, long tokens)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (var index = 0; index < vectors.Length; index++)
        {
            var vector = Shortened(vectors[index], dimensions);
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, index);
            if (base64)
            {
                json.WriteBase64String("embedding"u8, MemoryMarshal.AsBytes(vector));
            }
            else
            {
                json.WriteStartArray("embedding"u8);
                foreach (var value in vector) json.WriteNumberValue(value);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("model"u8, model);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, tokens);
        json.WriteNumber("total_tokens"u8, tokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The first dimensions, brought back to length one.</summary>
    private static ReadOnlySpan<float> Shortened(float[] vector, int dimensions)
    {
        if (dimensions >= vector.Length) return vector;
        var result = vector[..dimensions];
        var length = MathF.Sqrt(result.Sum(static value => value * value));
        if (length > 0)
            for (var i = 0; i < result.Length; i++) result[i] /= length;
        return result;
    }
}
