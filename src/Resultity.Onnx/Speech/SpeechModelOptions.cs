namespace Resultity.Onnx.Speech;

/// <summary>How a speech model's sessions are set up.</summary>
public sealed record SpeechModelOptions
{
    /// <summary>Which of the export's precisions to run: the suffix of its files, as in <c>encoder_model_q8.onnx</c>.</summary>
    /// <value>Null: the most exact one that is there.</value>
    public string? Variant { get; init; }

    /// <summary>Threads that compute one step.</summary>
    /// <value>0: one for graphs below 64 MB, else one per core.</value>
    public int Threads { get; init; }
}
