using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Media;
using Resultity.Node.Runtimes.Onnx.Images;
using Resultity.Node.Runtimes.Onnx.Moderations;
using Resultity.Onnx;
using Resultity.Onnx.Captioning;
using Resultity.Onnx.Classification;
using Resultity.Onnx.Diffusion;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>One model of this runtime: its offer, and its loading, which happens once and is shared by all who wait for it.</summary>
internal sealed class ServedModel(ModelFolder folder, OnnxRuntimeOptions options, TimeProvider time, Action<ServedModel, Exception?> changed) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Task<LoadedModel>? _loading;
    private ModelState _state = ModelState.Cold;
    private int? _context;

    public string Name => folder.Name;

    /// <summary>Whether it is loaded at the start; what makes and reads images waits for its first request, to leave an idle node small.</summary>
    public bool Preloads => folder.Kind is ModelKind.Chat or ModelKind.Completion or ModelKind.Embedding;

    /// <summary>Whether it writes speech down.</summary>
    public bool WritesSpeech => folder.Kind == ModelKind.Speech;

    public ModelOffer Offer
    {
        get
        {
            lock (_gate)
            {
                return new ModelOffer
                {
                    Model = folder.Name,
                    Endpoints = folder.Kind switch
                    {
                        ModelKind.Chat => [InferenceEndpoint.ChatCompletions.Path, InferenceEndpoint.Completions.Path],
                        ModelKind.Completion => [InferenceEndpoint.Completions.Path],
                        ModelKind.Speech => [InferenceEndpoint.Transcriptions.Path, InferenceEndpoint.Translations.Path],
                        ModelKind.Diffusion => [InferenceEndpoint.ImageGenerations.Path, InferenceEndpoint.ImageEdits.Path, InferenceEndpoint.ImageVariations.Path, .. Video(InferenceEndpoint.Videos)],
                        ModelKind.Caption => [InferenceEndpoint.ImageDescription.Path, InferenceEndpoint.ChatCompletions.Path, .. Video(InferenceEndpoint.VideoDescription)],
                        ModelKind.Moderation => [InferenceEndpoint.Moderations.Path],
                        _ => [InferenceEndpoint.Embeddings.Path],
                    },
                    Slots = folder.Kind switch
                    {
                        ModelKind.Speech => options.SpeechSlots,
                        ModelKind.Diffusion => options.ImageSlots,
                        _ => options.Engine.Slots,
                    },
                    State = _state,
                    Runtime = OnnxRuntime.Kind,
                    ContextLength = _context,
                    ContinuesPrefix = folder.Kind == ModelKind.Chat,
                    SharesSound = folder.Kind == ModelKind.Speech,
                    Created = folder.Created,
                    OwnedBy = "resultity",
                };
            }
        }
    }

    /// <summary>The model in memory; the first call loads it.</summary>
    /// <exception cref="ModelLoadException">It cannot be loaded; the next call tries again.</exception>
    public Task<LoadedModel> LoadAsync(CancellationToken cancellation)
    {
        Task<LoadedModel> loading;
        lock (_gate)
        {
            if (_loading is null or { IsFaulted: true })
            {
                _state = ModelState.Loading;
                _loading = Task.Run(Load, CancellationToken.None);
            }
            loading = _loading;
        }
        return loading.WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Task<LoadedModel>? loading;
        lock (_gate) loading = _loading;
        if (loading is null) return;
        try
        {
            await (await loading).DisposeAsync();
        }
        catch (Exception error) when (error is ModelLoadException or IOException or UnauthorizedAccessException)
        {
            // It was reported when it failed to load; there is nothing to give back.
        }
    }

    /// <summary>Video takes ffmpeg.</summary>
    private static IEnumerable<string> Video(InferenceEndpoint endpoint) => FfmpegChild.IsThere ? [endpoint.Path] : [];

    private LoadedModel Load()
    {
        changed(this, null);
        try
        {
            LoadedModel loaded = folder.Kind switch
            {
                ModelKind.Embedding => LoadedEmbeddingModel.Load(folder.Path),
                ModelKind.Speech => LoadedSpeechModel.Load(folder.Path),
                ModelKind.Diffusion => new LoadedDiffusionModel(DiffusionModel.Load(folder.Path)),
                ModelKind.Caption => new LoadedCaptionModel(CaptionModel.Load(folder.Path)),
                ModelKind.Moderation => new LoadedClassifier(ClassificationModel.Load(folder.Path)),
                _ => LoadedTextModel.Load(folder.Path, options, folder.Fingerprint, time),
            };
            Set(ModelState.Ready, loaded.ContextLength);
            changed(this, null);
            return loaded;
        }
        catch (Exception error)
        {
            Set(ModelState.Failed, null);
            changed(this, error);
            throw;
        }
    }

    private void Set(ModelState state, int? context)
    {
        lock (_gate) (_state, _context) = (state, context);
    }
}
