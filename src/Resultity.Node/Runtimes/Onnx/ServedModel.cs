using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Onnx;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>One model of this runtime: its offer, and its loading, which happens once and is shared by all who wait for it.</summary>
internal sealed class ServedModel(ModelFolder folder, OnnxRuntimeOptions options, TimeProvider time, Action<ServedModel, Exception?> changed) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Task<LoadedModel>? _loading;
    private ModelState _state = ModelState.Cold;
    private int? _context;

    public string Name => folder.Name;

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
                        _ => [InferenceEndpoint.Embeddings.Path],
                    },
                    Slots = folder.Kind == ModelKind.Speech ? options.SpeechSlots : options.Engine.Slots,
                    State = _state,
                    Runtime = OnnxRuntime.Kind,
                    ContextLength = _context,
                    ContinuesPrefix = folder.Kind == ModelKind.Chat,
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

    private LoadedModel Load()
    {
        changed(this, null);
        try
        {
            LoadedModel loaded = folder.Kind switch
            {
                ModelKind.Embedding => LoadedEmbeddingModel.Load(folder.Path),
                ModelKind.Speech => LoadedSpeechModel.Load(folder.Path),
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
