using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>Serves <c>/v1/audio/speech</c>: text → sentences → samples → the format that is wanted, each sentence sent as soon as it is said.</summary>
internal sealed class SpeechEndpoint(Ffmpeg ffmpeg)
{
    public async ValueTask ServeAsync(RuntimeExchange exchange, ISpeaker speaker, CancellationToken cancellation)
    {
        using var body = RequestBody.Parse(exchange.Body);
        var request = SpeechRequest.Read(body.RootElement);
        if (request.Format.Encoder is not null && !Ffmpeg.IsThere)
            throw new InvalidRequestException($"Invalid 'response_format': this node has no ffmpeg, which {request.Format.Name} takes. Use wav or pcm.", "response_format", "unsupported_value");
        speaker.CheckVoice(request.Voice);
        var sentences = SentenceSplitter.Split(request.Input);
        if (sentences.Count == 0) throw new InvalidRequestException("Invalid 'input': there is nothing in it to say.", "input");
        // Said before the answer begins, so that what goes wrong is told by a status.
        var first = await SayAsync(speaker, sentences[0], request, cancellation);
        using var sender = new SpeechSender(exchange, request);
        var total = 0L;
        async IAsyncEnumerable<byte[]> Pieces()
        {
            total = first.Length;
            yield return first;
            foreach (var sentence in sentences.Skip(1))
            {
                var pcm = await SayAsync(speaker, sentence, request, cancellation);
                total += pcm.Length;
                yield return pcm;
            }
        }
        if (request.Format.Encoder is { } encoder)
            await ffmpeg.EncodeAsync(encoder, SpeechFormat.Rate, async (stream, stop) =>
            {
                await foreach (var pcm in Pieces())
                {
                    await stream.WriteAsync(pcm, stop);
                    await stream.FlushAsync(stop);
                }
            }, sender.SendAsync, cancellation);
        else
        {
            if (request.Format == SpeechFormat.Wav) await sender.SendAsync(WavWriter.Header(SpeechFormat.Rate, sentences.Count == 1 ? first.Length : null), cancellation);
            await foreach (var pcm in Pieces()) await sender.SendAsync(pcm, cancellation);
        }
        var milliseconds = total * 1000 / (2 * SpeechFormat.Rate);
        exchange.Usage = new Usage(0, 0) { AudioMilliseconds = milliseconds };
        await sender.EndAsync(milliseconds / 1000.0, cancellation);
    }

    private static async Task<byte[]> SayAsync(ISpeaker speaker, string sentence, SpeechRequest request, CancellationToken cancellation)
    {
        var sound = await speaker.SayAsync(sentence, request.Voice, request.Speed, cancellation);
        return WavWriter.Pcm(Resampler.Resample(sound, SpeechFormat.Rate).Values.Span);
    }
}
