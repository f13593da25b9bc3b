namespace Resultity.Onnx.Speech.Sound;

/// <summary>Bytes that are no sound that can be read. The message is for whoever sent them.</summary>
public sealed class SoundFormatException(string message, Exception? inner = null) : Exception(message, inner);
