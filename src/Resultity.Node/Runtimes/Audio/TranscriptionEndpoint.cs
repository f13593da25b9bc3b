using System.Threading.Channels;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Speech;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>Serves <c>/v1/audio/transcriptions</c> and <c>/v1/audio/translations</c>: file → samples → segments → answer.</summary>
internal sealed class TranscriptionEndpoint(AudioDecoder decoder)
{
    public async ValueTask ServeAsync(RuntimeExchange exchange, LoadedSpeechModel loaded, CancellationToken cancellation)
    {
        var translation = exchange.Path == InferenceEndpoint.Translations.Path;
        var request = TranscriptionRequest.Read(exchange);
        var model = loaded.Model;
        if (translation && !model.Translates) throw new InvalidRequestException($"The model '{exchange.Model}' does not translate. Use /v1/audio/transcriptions.", "model", "unsupported_endpoint");
        if (request.Language is { } language && !model.Languages.Contains(language))
            throw new InvalidRequestException($"Invalid 'language': the model '{exchange.Model}' does not know '{language}', but {string.Join(", ", model.Languages.Take(20))}.", "language");
        var sound = await decoder.DecodeAsync(request.File, SpeechModel.Rate, cancellation);
        var options = new TranscriptionOptions
        {
            Language = request.Language,
            Translate = translation,
            Prompt = request.Prompt,
            Temperature = request.Temperature,
            // Without segments a model without much room writes better; long sound is cut into pieces either way.
            Segments = request.Words || request.Format is not ("json" or "text"),
            Words = request.Words,
            Part = request.Part,
        };
        if (request.Stream) await StreamAsync(exchange, model, request, sound, options, cancellation);
        else
        {
            var transcript = await Task.Run(() => model.Transcribe(sound, options, cancellation: cancellation), cancellation);
            using var buffer = new AnswerBuffer();
            var (type, body) = TranscriptAnswer.Write(buffer, transcript, request, translation);
            exchange.Usage = new Usage(0, 0) { AudioMilliseconds = (long)(sound.Seconds * 1000) };
            await exchange.RespondAsync(200, type, body, cancellation);
        }
    }

    private static async ValueTask StreamAsync(RuntimeExchange exchange, SpeechModel model, TranscriptionRequest request, Samples sound, TranscriptionOptions options, CancellationToken cancellation)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var segments = Channel.CreateBounded<TranscriptSegment>(new BoundedChannelOptions(64) { SingleReader = true, SingleWriter = true });
        var work = Task.Run(() =>
        {
            try
            {
                // A reader that is behind holds the model up.
                var transcript = model.Transcribe(sound, options, segment => segments.Writer.WriteAsync(segment, abandoned.Token).AsTask().GetAwaiter().GetResult(), abandoned.Token);
                segments.Writer.Complete();
                return transcript;
            }
            catch (Exception error)
            {
                segments.Writer.Complete(error);
                throw;
            }
        }, cancellation);
        try
        {
            using var sender = new TranscriptSender(exchange, verbose: request.Format == "verbose_json");
            await foreach (var segment in segments.Reader.ReadAllAsync(cancellation)) await sender.SendAsync(segment, cancellation);
            exchange.Usage = new Usage(0, 0) { AudioMilliseconds = (long)(sound.Seconds * 1000) };
            await sender.EndAsync(await work, cancellation);
        }
        finally
        {
            await abandoned.CancelAsync();
            await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
