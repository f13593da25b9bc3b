using Resultity.Node.Runtimes.Audio;
using Resultity.Onnx;
using Resultity.Onnx.Speech;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>A model in memory that writes speech down.</summary>
internal sealed class LoadedSpeechModel(SpeechModel model) : LoadedModel, ITranscriber
{
    public SpeechModel Model => model;

    public override int ContextLength => model.MaxTokens;

    public IReadOnlyCollection<string> Languages => model.Languages;

    public bool Translates => model.Translates;

    /// <exception cref="ModelLoadException">The folder cannot be served; the message says why.</exception>
    public static LoadedSpeechModel Load(string folder) => new(SpeechModel.Load(folder));

    public Task<Transcript> TranscribeAsync(Samples sound, TranscriptionOptions options, Func<TranscriptSegment, ValueTask>? onSegment, CancellationToken cancellation) =>
        // The model takes the thread that it is called on, and a reader that is behind holds it up.
        Task.Run(() => model.Transcribe(sound, options, onSegment is null ? null : segment => onSegment(segment).AsTask().GetAwaiter().GetResult(), cancellation), cancellation);

    public override ValueTask DisposeAsync()
    {
        model.Dispose();
        return default;
    }
}
