using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Espeak;

/// <summary>Speech through espeak-ng, for as long as that is installed: no model files, every language that it has, a few milliseconds a sentence.</summary>
public sealed class EspeakRuntime : IRuntime
{
    /// <summary>The model's name.</summary>
    public const string Model = "resultity-espeak";

    private const int Slots = 4;

    private readonly EspeakSpeaker _speaker;
    private readonly SpeechEndpoint _endpoint;

    /// <summary>Makes the runtime; it offers its model if the program is there.</summary>
    public EspeakRuntime(ChildHost children, AudioLimits limits)
    {
        _speaker = new EspeakSpeaker(children);
        _endpoint = new SpeechEndpoint(new Ffmpeg(children, limits));
    }

    /// <inheritdoc/>
    public event Action? OffersChanged
    {
        // Offers stand for the runtime's life.
        add { }
        remove { }
    }

    /// <inheritdoc/>
    public string Name => "espeak";

    /// <inheritdoc/>
    public IReadOnlyList<ModelOffer> Offers { get; private set; } = [];

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (!EspeakSpeaker.IsThere) return;
        await _speaker.StartAsync(cancellation);
        Offers = [new ModelOffer { Model = Model, Endpoints = [InferenceEndpoint.Speech.Path], Slots = Slots, Runtime = Name, OwnedBy = "espeak-ng", Voices = _speaker.Voices }];
    }

    /// <inheritdoc/>
    public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        try
        {
            if (exchange.Path != InferenceEndpoint.Speech.Path) throw new InvalidRequestException($"The model '{exchange.Model}' does not serve {exchange.Path}.", "model", "unsupported_endpoint");
            await _endpoint.ServeAsync(exchange, _speaker, cancellation);
        }
        catch (InvalidRequestException error) when (!exchange.Started)
        {
            await ErrorAnswer.SendAsync(exchange, error.Fault, cancellation);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
