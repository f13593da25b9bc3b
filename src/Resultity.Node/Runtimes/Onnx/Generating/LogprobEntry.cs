namespace Resultity.Node.Runtimes.Onnx.Generating;

/// <summary>A token with its log-probability, in bytes, so that both endpoints can write it in their shape.</summary>
internal readonly record struct LogprobCandidate(ReadOnlyMemory<byte> Bytes, float Logprob);

/// <summary>A written token and the likeliest ones at its place.</summary>
internal readonly record struct LogprobEntry(LogprobCandidate Chosen, LogprobCandidate[] Top);
