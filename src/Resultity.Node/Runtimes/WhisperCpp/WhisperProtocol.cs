using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Runtimes.Supervised;

namespace Resultity.Node.Runtimes.WhisperCpp;

/// <summary>OpenAI's audio endpoints over a whisper-server: files are decoded and answers are written here, so that they are those of every speech model.</summary>
internal sealed class WhisperProtocol(HttpMessageInvoker http, AudioDecoder sounds, WhisperFacts facts) : EngineProtocol
{
    private readonly TranscriptionEndpoint _endpoint = new(sounds);

    public override async ValueTask ServeAsync(RuntimeExchange exchange, ChildInstance instance, CancellationToken cancellation)
    {
        try
        {
            await _endpoint.ServeAsync(exchange, new WhisperTranscriber(http, instance.Address, facts), cancellation);
        }
        catch (InvalidRequestException error) when (!exchange.Started)
        {
            await ErrorAnswer.SendAsync(exchange, error.Fault, cancellation);
        }
    }
}
