using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Speech;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>Serves <c>/v1/audio/transcriptions</c> and <c>/v1/audio/translations</c>: file → samples → segments → answer.</summary>
internal sealed class TranscriptionEndpoint(AudioDecoder decoder)
{
    /// <exception cref="InvalidRequestException">Something in the request is wrong.</exception>
    public async ValueTask ServeAsync(RuntimeExchange exchange, ITranscriber model, CancellationToken cancellation)
    {
        var translation = exchange.Path == InferenceEndpoint.Translations.Path;
        var request = TranscriptionRequest.Read(exchange);
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
            var transcript = await model.TranscribeAsync(sound, options, null, cancellation);
            using var buffer = new AnswerBuffer();
            var (type, body) = TranscriptAnswer.Write(buffer, transcript, request, translation);
            exchange.Usage = UsageOf(sound, request.Part);
            await exchange.RespondAsync(200, type, body, cancellation);
        }
    }

    private static async ValueTask StreamAsync(RuntimeExchange exchange, ITranscriber model, TranscriptionRequest request, Samples sound, TranscriptionOptions options, CancellationToken cancellation)
    {
        using var sender = new TranscriptSender(exchange, verbose: request.Format == "verbose_json");
        var transcript = await model.TranscribeAsync(sound, options, segment => sender.SendAsync(segment, cancellation), cancellation);
        exchange.Usage = UsageOf(sound, request.Part);
        await sender.EndAsync(transcript, cancellation);
    }

    /// <summary>Shares of a sound are charged for the whole together.</summary>
    private static Usage UsageOf(Samples sound, (int Index, int Count) part)
    {
        var whole = (long)(sound.Seconds * 1000);
        return new(0, 0) { AudioMilliseconds = (whole * (part.Index + 1) / part.Count) - (whole * part.Index / part.Count) };
    }
}
