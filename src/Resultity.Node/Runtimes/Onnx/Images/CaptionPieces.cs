using System.Threading.Channels;
using Resultity.Onnx.Captioning;
using Resultity.Onnx.Imaging;

namespace Resultity.Node.Runtimes.Onnx.Images;

/// <summary>Writes a caption on a thread of its own and sends its pieces as they come.</summary>
internal static class CaptionPieces
{
    private const int MostWaiting = 4096;

    public static async Task<Caption> SendAsync(CaptionModel model, Picture picture, CaptionOptions options, Func<string, ValueTask> send, CancellationToken cancellation)
    {
        var pieces = Channel.CreateBounded<string>(MostWaiting);
        var writing = Task.Run(
            () =>
            {
                try
                {
                    return model.Describe(picture, options, piece => pieces.Writer.TryWrite(piece), cancellation);
                }
                finally
                {
                    pieces.Writer.Complete();
                }
            },
            cancellation);
        await foreach (var piece in pieces.Reader.ReadAllAsync(cancellation)) await send(piece);
        return await writing;
    }
}
