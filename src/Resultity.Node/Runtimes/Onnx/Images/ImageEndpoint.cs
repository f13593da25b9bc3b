using System.Text.Json;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Diffusion;
using Resultity.Onnx.Imaging;

namespace Resultity.Node.Runtimes.Onnx.Images;

/// <summary>Serves <c>/v1/images/generations</c>, <c>/edits</c> and <c>/variations</c>.</summary>
internal sealed class ImageEndpoint(TimeProvider time)
{
    public async ValueTask ServeAsync(RuntimeExchange exchange, LoadedDiffusionModel model, CancellationToken cancellation)
    {
        // Decoding and making take a thread of their own; the exchange's must stay free.
        var request = await Task.Run(() => ImageRequest.Read(exchange, model.Model), cancellation);
        if (request.Stream)
        {
            await StreamAsync(exchange, model.Model, request, cancellation);
            return;
        }

        var made = new List<(DiffusionResult Result, byte[] File, uint Seed)>();
        for (var index = 0; index < request.Count; index++)
        {
            made.Add(await Task.Run(() => Make(model.Model, request, index, null, cancellation), cancellation));
        }

        using var buffer = new AnswerBuffer();
        var json = buffer.Json;
        json.WriteStartObject();
        // The gateway looks for it at the beginning; the links are its own to make.
        if (request.AsLinks) json.WriteString("response_format"u8, "url"u8);
        json.WriteNumber("created"u8, time.GetUtcNow().ToUnixTimeSeconds());
        json.WriteStartArray("data"u8);
        foreach (var (_, file, seed) in made)
        {
            json.WriteStartObject();
            json.WriteBase64String("b64_json"u8, file);
            json.WriteNumber("seed"u8, seed);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        ImageFacts.Write(json, request);
        ImageFacts.WriteUsage(json, made.Sum(static image => image.Result.PromptTokens), made.Count);
        json.WriteEndObject();
        await exchange.RespondAsync(200, "application/json", buffer.Written, cancellation);
    }

    private async ValueTask StreamAsync(RuntimeExchange exchange, DiffusionModel model, ImageRequest request, CancellationToken cancellation)
    {
        var prefix = request.IsEdit ? "image_edit" : "image_generation";
        await exchange.StartAsync(200, "text/event-stream", cancellation);
        using var buffer = new AnswerBuffer();
        for (var index = 0; index < request.Count; index++)
        {
            var image = index;
            var previews = System.Threading.Channels.Channel.CreateBounded<(int Number, byte[] File)>(4);
            var making = Task.Run(
                () =>
                {
                    try
                    {
                        return Make(model, request, image, (number, file) => previews.Writer.TryWrite((number, file)), cancellation);
                    }
                    finally
                    {
                        previews.Writer.Complete();
                    }
                },
                cancellation);
            await foreach (var (number, file) in previews.Reader.ReadAllAsync(cancellation))
            {
                WriteEvent(buffer, request, $"{prefix}.partial_image", file, json => json.WriteNumber("partial_image_index"u8, number));
                await exchange.WriteAsync(buffer.Written, cancellation);
                buffer.Clear();
            }

            var (result, whole, seed) = await making;
            WriteEvent(buffer, request, $"{prefix}.completed", whole, json =>
            {
                json.WriteNumber("seed"u8, seed);
                ImageFacts.WriteUsage(json, result.PromptTokens, 1);
            });
            await exchange.WriteAsync(buffer.Written, cancellation);
            buffer.Clear();
        }

        buffer.Done();
        await exchange.WriteAsync(buffer.Written, cancellation);
        await exchange.CompleteAsync(cancellation);
    }

    private void WriteEvent(AnswerBuffer buffer, ImageRequest request, string type, byte[] file, Action<Utf8JsonWriter> more)
    {
        buffer.BeginEvent();
        var json = buffer.Json;
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteBase64String("b64_json"u8, file);
        json.WriteNumber("created_at"u8, time.GetUtcNow().ToUnixTimeSeconds());
        ImageFacts.Write(json, request);
        more(json);
        json.WriteEndObject();
        buffer.EndEvent();
    }

    private static (DiffusionResult Result, byte[] File, uint Seed) Make(DiffusionModel model, ImageRequest request, int index, Action<int, byte[]>? onPreview, CancellationToken cancellation)
    {
        var seed = unchecked(request.Diffusion.Seed + (uint)index);
        var sent = 0;
        var result = model.Make(
            request.Diffusion with { Seed = seed },
            onPreview is null || request.PartialImages == 0 ? null : progress =>
            {
                // Spread over the steps; the last one is the picture itself.
                if (sent < request.PartialImages && progress.Step < progress.Steps && progress.Step >= (sent + 1) * progress.Steps / (request.PartialImages + 1))
                    onPreview(sent++, File(progress.Preview(), request));
            },
            cancellation);
        return (result, File(result.Picture, request), seed);
    }

    private static byte[] File(Picture picture, ImageRequest request) => PictureWriter.Write(picture, request.Format, request.Compression);
}
