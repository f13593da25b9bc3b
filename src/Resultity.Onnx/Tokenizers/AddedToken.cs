namespace Resultity.Onnx.Tokenizers;

/// <summary>A token outside the model's own vocabulary, found in the text before anything else looks at it.</summary>
internal sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized);
