namespace Resultity.Onnx.Speech.Decoding;

/// <summary>What the decoder wrote about one piece of sound.</summary>
/// <param name="Tokens">Text and times, without the end.</param>
/// <param name="Looks">Where each token and the end looked; empty where it is not told.</param>
/// <param name="Ended">Whether the model ended it, rather than its limit.</param>
/// <param name="Temperature">Randomness it was written with.</param>
/// <param name="Likelihood">Mean logarithm of the probabilities.</param>
/// <param name="Compression">How much smaller its text becomes when compressed.</param>
/// <param name="NoSpeech">Probability that nothing is said.</param>
internal sealed record Passage(List<int> Tokens, List<float[]> Looks, bool Ended, double Temperature, double Likelihood, double Compression, double NoSpeech);
