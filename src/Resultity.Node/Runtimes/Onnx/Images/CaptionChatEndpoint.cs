using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Generating;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Captioning;
using Resultity.Onnx.Imaging;

namespace Resultity.Node.Runtimes.Onnx.Images;

/// <summary>Serves chats with an image on a captioner: whatever is asked, the answer is what the last image shows.</summary>
internal sealed class CaptionChatEndpoint(TimeProvider time)
{
    private const int MostMessages = 4096, MostParts = 1024;

    public async ValueTask ServeAsync(RuntimeExchange exchange, LoadedCaptionModel model, CancellationToken cancellation)
    {
        using var body = RequestBody.Parse(exchange.Body);
        var fields = RequestFields.Of(body.RootElement, "");
        if (fields.Integer("n", 1, 128) > 1) throw new InvalidRequestException("'n' must be 1: this model describes an image in one way.", "n", "unsupported_value");
        var options = new CaptionOptions
        {
            MaxTokens = (int)(fields.Integer("max_completion_tokens", 1, int.MaxValue) ?? fields.Integer("max_tokens", 1, int.MaxValue) ?? int.MaxValue),
            Temperature = fields.Number("temperature", 0, 2) is > 0 and var temperature && fields.Has("seed") ? temperature : 0,
            Seed = (ulong)(fields.Integer("seed", long.MinValue, long.MaxValue) ?? 0),
        };
        var picture = await Task.Run(() => LastImage(fields), cancellation);
        var stream = fields.Flag("stream");
        var usage = stream && fields.Object("stream_options")?.Flag("include_usage") == true;
        var header = new AnswerHeader(Id.New("chatcmpl-", time), stream ? "chat.completion.chunk" : "chat.completion", time.GetUtcNow().ToUnixTimeSeconds(), exchange.Model, "fp_captioner");
        if (stream) await StreamAsync(exchange, model.Model, picture, options, header, usage, cancellation);
        else await WholeAsync(exchange, model.Model, picture, options, header, cancellation);
    }

    private static async ValueTask WholeAsync(RuntimeExchange exchange, CaptionModel model, Picture picture, CaptionOptions options, AnswerHeader header, CancellationToken cancellation)
    {
        var caption = await Task.Run(() => model.Describe(picture, options, null, cancellation), cancellation);
        using var buffer = new AnswerBuffer();
        var json = buffer.Json;
        json.WriteStartObject();
        header.Write(json);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("content"u8, caption.Text);
        json.WriteNull("refusal"u8);
        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, Reason(caption));
        json.WriteEndObject();
        json.WriteEndArray();
        new TokenCounts(0, caption.Tokens, 0, 0).Write(json);
        json.WriteEndObject();
        await exchange.RespondAsync(200, "application/json", buffer.Written, cancellation);
    }

    private async ValueTask StreamAsync(RuntimeExchange exchange, CaptionModel model, Picture picture, CaptionOptions options, AnswerHeader header, bool usage, CancellationToken cancellation)
    {
        await exchange.StartAsync(200, "text/event-stream", cancellation);
        using var buffer = new AnswerBuffer();
        var chunks = new ChatChunks(header, 0, logprobs: false, usage, time);
        var caption = await CaptionPieces.SendAsync(model, picture, options, async piece =>
        {
            chunks.Write(buffer, new AnswerPart(AnswerPartKind.Text, piece), []);
            await exchange.WriteAsync(buffer.Written, cancellation);
            buffer.Clear();
        }, cancellation);
        chunks.End(buffer, Reason(caption), []);
        if (usage) ChatChunks.WriteUsage(buffer, header, new TokenCounts(0, caption.Tokens, 0, 0));
        buffer.Done();
        await exchange.WriteAsync(buffer.Written, cancellation);
        await exchange.CompleteAsync(cancellation);
    }

    private static string Reason(Caption caption) => caption.Finished ? "stop" : "length";

    private static Picture LastImage(RequestFields fields)
    {
        var messages = fields.List("messages", MostMessages) ?? throw fields.Missing("messages");
        for (var at = messages.Count - 1; at >= 0; at--)
        {
            var message = RequestFields.Of(messages[at], $"messages[{at}]");
            if (message.Member("content") is not { ValueKind: JsonValueKind.Array }) continue;
            var parts = message.List("content", MostParts)!;
            for (var part = parts.Count - 1; part >= 0; part--)
            {
                var path = $"messages[{at}].content[{part}]";
                if (RequestFields.Of(parts[part], path) is var found && found.Text("type") == "image_url")
                    return ImageInput.Read(found.Member("image_url") ?? throw found.Missing("image_url"), $"{path}.image_url");
            }
        }

        throw new InvalidRequestException("The messages hold no image. This model says what an image shows; send one as a content part of type 'image_url'.", "messages", "missing_image");
    }
}
