using Resultity.Onnx.Speech;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>A model that writes speech down. Safe for concurrent use.</summary>
internal interface ITranscriber
{
    /// <summary>Codes of the languages that it knows.</summary>
    IReadOnlyCollection<string> Languages { get; }

    /// <summary>Whether it writes English of other languages.</summary>
    bool Translates { get; }

    /// <summary>Writes down what is said.</summary>
    /// <param name="sound">At any rate.</param>
    /// <param name="options">What is wanted; its language is one of <see cref="Languages"/>.</param>
    /// <param name="onSegment">Gets each segment as soon as it is certain; while it is behind, nothing further is computed.</param>
    /// <param name="cancellation">Ends the computation.</param>
    Task<Transcript> TranscribeAsync(Samples sound, TranscriptionOptions options, Func<TranscriptSegment, ValueTask>? onSegment, CancellationToken cancellation);
}
