namespace Resultity.Onnx.Text;

/// <summary>How a text model's session is set up.</summary>
public sealed record TextModelOptions
{
    /// <summary>Which of the export's precisions to run: the suffix of its file, so "q4" is <c>onnx/model_q4.onnx</c> and "" is <c>onnx/model.onnx</c>.</summary>
    /// <value>Null: <c>model.onnx</c> if there is one, else the only one that is there.</value>
    public string? Variant { get; init; }

    /// <summary>Threads that compute one step.</summary>
    /// <value>0: one for a model below 64 MB, whose steps are shorter than waking a second thread, else one per core.</value>
    public int Threads { get; init; }

    /// <summary>Longest sequence, prompt included, in tokens; a bound on memory where a model's own context is very long.</summary>
    /// <value>0: the model's own, but at most 8192.</value>
    public int ContextLength { get; init; }

    /// <summary>Whether threads busy-wait between operators. Faster by a few percent with several threads, at the price of CPU time that other work could use.</summary>
    public bool Spinning { get; init; }

    /// <summary>Whether to rewrite the attention of the graph so that keys and values stay in place, where the rewritten graph computes the same.</summary>
    public bool FuseAttention { get; init; } = true;
}
