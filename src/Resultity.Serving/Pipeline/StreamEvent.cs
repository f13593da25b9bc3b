namespace Resultity.Serving.Pipeline;

/// <summary>One event of a streamed answer.</summary>
/// <param name="Data">The event's <c>data</c>, without framing. Valid until the next wait on the stream.</param>
/// <param name="IsSeam">From here on another node continues the answer; there is no data in a seam.</param>
public readonly record struct StreamEvent(ReadOnlyMemory<byte> Data, bool IsSeam = false);
