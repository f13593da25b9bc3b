using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.Audio;

/// <summary>Something that says sentences. Safe for concurrent use.</summary>
internal interface ISpeaker
{
    /// <summary>Makes sure that a voice is there.</summary>
    /// <exception cref="Onnx.Requests.InvalidRequestException">It is not; the message names some that are.</exception>
    void CheckVoice(string voice);

    /// <summary>Says one sentence.</summary>
    /// <param name="sentence">Some text of at most a few hundred characters.</param>
    /// <param name="voice">A voice that was checked.</param>
    /// <param name="speed">1 is the voice's own.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<Samples> SayAsync(string sentence, string voice, double speed, CancellationToken cancellation);
}
