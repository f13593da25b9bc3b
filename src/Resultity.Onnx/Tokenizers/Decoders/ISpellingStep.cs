namespace Resultity.Onnx.Tokenizers.Decoders;

/// <summary>One step from a token's name in the vocabulary to the text that it stands for.</summary>
internal interface ISpellingStep
{
    /// <summary>The bytes if this step settles them; else null, with the text as the next step is to see it.</summary>
    byte[]? Spell(ref string token);
}
