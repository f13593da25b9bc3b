using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Images;
using Resultity.Node.Runtimes.Onnx.Moderations;
using Resultity.Node.Runtimes.Onnx.Videos;
using Resultity.Node.Runtimes.Video;
using Resultity.Onnx;
using Resultity.Onnx.Speech;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Node.Runtimes.Processes;
using Resultity.Onnx.Text;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>Serves models on ONNX Runtime in this process, in OpenAI's shape.</summary>
public sealed partial class OnnxRuntime : IRuntime
{
    /// <summary>The kind as offers name it.</summary>
    public const string Kind = "onnx";

    private static readonly string[] ImagePaths = [InferenceEndpoint.ImageGenerations.Path, InferenceEndpoint.ImageEdits.Path, InferenceEndpoint.ImageVariations.Path];

    private readonly OnnxRuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ChatEndpoint _chat;
    private readonly CompletionEndpoint _completions;
    private readonly TranscriptionEndpoint _transcriptions;
    private readonly ImageEndpoint _images;
    private readonly DescriptionEndpoint _descriptions;
    private readonly CaptionChatEndpoint _captions;
    private readonly ModerationEndpoint _moderations;
    private readonly VideoEndpoint _videos;
    private readonly VideoDescriptionEndpoint _videoDescriptions;
    private Dictionary<string, ServedModel> _models = [];

    /// <summary>Makes the runtime; nothing is read before <see cref="StartAsync"/>.</summary>
    /// <param name="options">What it serves.</param>
    /// <param name="children">Starts ffmpeg.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where failed loads are told.</param>
    public OnnxRuntime(OnnxRuntimeOptions options, ChildHost children, TimeProvider time, ILogger<OnnxRuntime> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _time, _logger) = (options, time, logger);
        _chat = new ChatEndpoint(time);
        _completions = new CompletionEndpoint(time);
        var sounds = new AudioDecoder(new Ffmpeg(children, options.Audio), options.Audio);
        var videos = new VideoTool(children, options.Video);
        _transcriptions = new TranscriptionEndpoint(sounds);
        _videos = new VideoEndpoint(videos);
        _videoDescriptions = new VideoDescriptionEndpoint(videos, sounds, FindSpeechAsync, time);
        _images = new ImageEndpoint(time);
        _descriptions = new DescriptionEndpoint(time);
        _captions = new CaptionChatEndpoint(time);
        _moderations = new ModerationEndpoint(time);
    }

    /// <inheritdoc/>
    public event Action? OffersChanged;

    /// <inheritdoc/>
    public string Name => Kind;

    /// <inheritdoc/>
    public IReadOnlyList<ModelOffer> Offers { get; private set; } = [];

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellation)
    {
        _models = ModelFolder.Find(_options.Folders).ToDictionary(static folder => folder.Name, folder => new ServedModel(folder, _options, _time, Changed), StringComparer.Ordinal);
        Publish();
        if (_options.Preload) _ = PreloadAsync();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        try
        {
            if (!_models.TryGetValue(exchange.Model, out var served)) throw new InvalidRequestException(Fault.NotFound($"The model '{exchange.Model}' does not exist on this node.", "model_not_found", "model"));
            var model = await served.LoadAsync(cancellation);
            if (model is LoadedTextModel text && exchange.Path == InferenceEndpoint.ChatCompletions.Path) await _chat.ServeAsync(exchange, text, cancellation);
            else if (model is LoadedTextModel writer && exchange.Path == InferenceEndpoint.Completions.Path) await _completions.ServeAsync(exchange, writer, cancellation);
            else if (model is LoadedEmbeddingModel embedding && exchange.Path == InferenceEndpoint.Embeddings.Path) await EmbeddingEndpoint.ServeAsync(exchange, embedding, cancellation);
            else if (model is LoadedSpeechModel speech && (exchange.Path == InferenceEndpoint.Transcriptions.Path || exchange.Path == InferenceEndpoint.Translations.Path)) await _transcriptions.ServeAsync(exchange, speech, cancellation);
            else if (model is LoadedDiffusionModel painter && exchange.Path is var path && Array.Exists(ImagePaths, known => known == path)) await _images.ServeAsync(exchange, painter, cancellation);
            else if (model is LoadedDiffusionModel mover && exchange.Path == InferenceEndpoint.Videos.Path) await _videos.ServeAsync(exchange, mover, cancellation);
            else if (model is LoadedCaptionModel watcher && exchange.Path == InferenceEndpoint.VideoDescription.Path) await _videoDescriptions.ServeAsync(exchange, watcher, cancellation);
            else if (model is LoadedCaptionModel captioner && exchange.Path == InferenceEndpoint.ImageDescription.Path) await _descriptions.ServeAsync(exchange, captioner, cancellation);
            else if (model is LoadedCaptionModel seer && exchange.Path == InferenceEndpoint.ChatCompletions.Path) await _captions.ServeAsync(exchange, seer, cancellation);
            else if (model is LoadedClassifier classifier && exchange.Path == InferenceEndpoint.Moderations.Path) await _moderations.ServeAsync(exchange, classifier, cancellation);
            else throw new InvalidRequestException($"The model '{exchange.Model}' does not serve {exchange.Path}.", "model", "unsupported_endpoint");
        }
        catch (InvalidRequestException error) when (!exchange.Started)
        {
            await ErrorAnswer.SendAsync(exchange, error.Fault, cancellation);
        }
        catch (TextEngineBusyException error) when (!exchange.Started)
        {
            await ErrorAnswer.SendAsync(exchange, new Fault(FaultKind.Unavailable, "model_overloaded", error.Message), cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var model in _models.Values) await model.DisposeAsync();
    }

    /// <summary>One after the other, so that starting does not take every core from what already serves.</summary>
    private async Task PreloadAsync()
    {
        foreach (var model in _models.Values.Where(static model => model.Preloads))
        {
            try
            {
                await model.LoadAsync(CancellationToken.None);
            }
            catch (Exception)
            {
                // Changed has logged it, and the offer says so; the other models are loaded all the same.
            }
        }
    }

    private async Task<SpeechModel?> FindSpeechAsync(CancellationToken cancellation)
    {
        try
        {
            return _models.Values.FirstOrDefault(static model => model.WritesSpeech) is { } found && await found.LoadAsync(cancellation) is LoadedSpeechModel speech ? speech.Model : null;
        }
        catch (ModelLoadException)
        {
            // Changed has logged it; what was asked for here can do without.
            return null;
        }
    }

    private void Changed(ServedModel model, Exception? error)
    {
        if (error is not null) LogLoadFailed(model.Name, error);
        Publish();
    }

    private void Publish()
    {
        Offers = [.. _models.Values.Select(static model => model.Offer)];
        OffersChanged?.Invoke();
    }
}
