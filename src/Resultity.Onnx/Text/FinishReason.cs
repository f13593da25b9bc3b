namespace Resultity.Onnx.Text;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model wrote an end token, or a constraint had nothing left to write.</summary>
    Stop,

    /// <summary>The token limit or the context's end was reached.</summary>
    Length,

    /// <summary><see cref="Generation.Cancel"/> was called, or the engine stopped.</summary>
    Cancelled,

    /// <summary>A fault; <see cref="Generation.Error"/> says which.</summary>
    Failed,
}
