using System.Threading.Channels;
using Resultity.Node.Runtimes.Onnx.Images;
using Resultity.Node.Runtimes.Video;
using Resultity.Onnx.Imaging;
using Resultity.Onnx.Motion;

namespace Resultity.Node.Runtimes.Onnx.Videos;

/// <summary>Serves <c>/v1/videos</c>: the model draws what the prompt shows, the words about movement move it, ffmpeg makes the file.</summary>
internal sealed class VideoEndpoint(VideoTool tool)
{
    // How far it is when the picture is drawn, and when all frames are encoded.
    private const int Drawn = 50, Encoded = 95;

    public async ValueTask ServeAsync(RuntimeExchange exchange, LoadedDiffusionModel model, CancellationToken cancellation)
    {
        var request = await Task.Run(() => VideoRequest.Read(exchange, model.Model), cancellation);
        var folder = Directory.CreateTempSubdirectory("resultity-video-");
        try
        {
            using var events = new VideoEvents(exchange);
            await events.BeginAsync(cancellation);
            await events.ProgressAsync(0, cancellation);
            var path = Path.Combine(folder.FullName, "video");
            var progress = Channel.CreateBounded<int>(new BoundedChannelOptions(8) { FullMode = BoundedChannelFullMode.DropOldest });
            var making = MakeAsync(model, request, path, progress.Writer, cancellation);
            await foreach (var percent in progress.Reader.ReadAllAsync(cancellation)) await events.ProgressAsync(percent, cancellation);
            var (thumbnail, tokens, images) = await making;
            await using (var file = File.OpenRead(path)) await events.FileAsync("video", $"video/{request.Format}", file, cancellation);
            using (var file = new MemoryStream(thumbnail)) await events.FileAsync("thumbnail", "image/webp", file, cancellation);
            await events.EndAsync(tokens, images, cancellation);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<(byte[] Thumbnail, long Tokens, int Images)> MakeAsync(LoadedDiffusionModel model, VideoRequest request, string path, ChannelWriter<int> progress, CancellationToken cancellation)
    {
        try
        {
            var (picture, tokens, images) = (request.Reference, 0, 0);
            if (picture is null)
            {
                var drawn = await Task.Run(() => model.Model.Make(request.Drawing, step => progress.TryWrite(step.Step * Drawn / step.Steps), cancellation), cancellation);
                (picture, tokens, images) = (drawn.Picture, drawn.PromptTokens, 1);
            }

            var animation = new Animation(Stage.Of(picture), request.Movement, request.Size.Width, request.Size.Height, beginsAsItIs: request.Reference is not null);
            await tool.EncodeAsync(path, request.Format, request.Size, request.Fps, (output, stop) => FeedAsync(animation, request, output, progress, stop), cancellation);
            return (await Task.Run(() => PictureWriter.Write(animation.Frame(0.5), PictureFormat.Webp, 90), cancellation), tokens, images);
        }
        finally
        {
            progress.Complete();
        }
    }

    private static async Task FeedAsync(Animation animation, VideoRequest request, Stream output, ChannelWriter<int> progress, CancellationToken cancellation)
    {
        // Frames take longer than a thread of the exchange may be held.
        await Task.Yield();
        var frame = new byte[request.Size.Width * request.Size.Height * 3];
        for (var number = 0; number < request.Frames; number++)
        {
            cancellation.ThrowIfCancellationRequested();
            animation.Draw(request.Frames == 1 ? 0 : (double)number / (request.Frames - 1), frame);
            await output.WriteAsync(frame, cancellation);
            progress.TryWrite(Drawn + ((number + 1) * (Encoded - Drawn) / request.Frames));
        }
    }
}
