using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Espeak;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Node.Runtimes.Processes;
using Resultity.Onnx;

namespace Resultity.Node.Runtimes.Piper;

/// <summary>Speech through Piper-type voices: every <c>NAME.onnx</c> with a <c>NAME.onnx.json</c> in the model folders, or one level below, is a model.</summary>
/// <remarks>espeak-ng makes their phonemes, so nothing is offered where it is not installed.</remarks>
public sealed partial class PiperRuntime : IRuntime
{
    private const int Slots = 2;

    private readonly IReadOnlyList<string> _folders;
    private readonly ChildHost _children;
    private readonly SpeechEndpoint _endpoint;
    private readonly ILogger<PiperRuntime> _logger;
    private readonly Dictionary<string, PiperSpeaker> _speakers = new(StringComparer.Ordinal);

    /// <summary>Makes the runtime; nothing is read before <see cref="StartAsync"/>.</summary>
    public PiperRuntime(IReadOnlyList<string> folders, ChildHost children, AudioLimits limits, ILogger<PiperRuntime> logger)
    {
        (_folders, _children, _logger) = (folders, children, logger);
        _endpoint = new SpeechEndpoint(new Ffmpeg(children, limits));
    }

    /// <inheritdoc/>
    public event Action? OffersChanged
    {
        // Voices are small and loaded at the start; offers stand for the runtime's life.
        add { }
        remove { }
    }

    /// <inheritdoc/>
    public string Name => "piper";

    /// <inheritdoc/>
    public IReadOnlyList<ModelOffer> Offers { get; private set; } = [];

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellation)
    {
        if (!EspeakSpeaker.IsThere) return Task.CompletedTask;
        foreach (var path in _folders.SelectMany(static folder => (IEnumerable<string>)[folder, .. Directory.GetDirectories(folder)]).SelectMany(static folder => Directory.GetFiles(folder, "*.onnx.json")))
        {
            var name = Path.GetFileName(path)[..^".onnx.json".Length];
            try
            {
                if (!_speakers.ContainsKey(name)) _speakers[name] = new PiperSpeaker(Resultity.Onnx.Speech.PiperVoice.Load(path[..^".json".Length]), _children);
            }
            catch (ModelLoadException error)
            {
                LogLoadFailed(name, error);
            }
        }
        Offers = [.. _speakers.Select(speaker => new ModelOffer { Model = speaker.Key, Endpoints = [InferenceEndpoint.Speech.Path], Slots = Slots, Runtime = Name, Voices = speaker.Value.Voices })];
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        try
        {
            if (exchange.Path != InferenceEndpoint.Speech.Path) throw new InvalidRequestException($"The model '{exchange.Model}' does not serve {exchange.Path}.", "model", "unsupported_endpoint");
            if (!_speakers.TryGetValue(exchange.Model, out var speaker)) throw new InvalidRequestException(Fault.NotFound($"The model '{exchange.Model}' does not exist on this node.", "model_not_found", "model"));
            await _endpoint.ServeAsync(exchange, speaker, cancellation);
        }
        catch (InvalidRequestException error) when (!exchange.Started)
        {
            await ErrorAnswer.SendAsync(exchange, error.Fault, cancellation);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var speaker in _speakers.Values) speaker.Dispose();
        return default;
    }

    [LoggerMessage(4121, LogLevel.Error, "The voice {Voice} could not be loaded")]
    private partial void LogLoadFailed(string voice, Exception error);
}
