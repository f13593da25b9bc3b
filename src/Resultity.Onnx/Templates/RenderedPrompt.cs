using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Templates;

/// <summary>A conversation as the model is to see it.</summary>
/// <param name="Text">The prompt.</param>
/// <param name="Plain">The parts that came from outside, in which nothing may be read as a special token: ordered, not overlapping.</param>
public sealed record RenderedPrompt(string Text, IReadOnlyList<PlainRange> Plain)
{
    /// <summary>The prompt with more text from outside at its end, such as an answer to be continued.</summary>
    public RenderedPrompt Append(string text) => text.Length == 0 ? this : new(Text + text, [.. Plain, new PlainRange(Text.Length, text.Length)]);

    /// <summary>The prompt's token ids.</summary>
    public int[] Encode(Tokenizer tokenizer, bool addSpecialTokens) => tokenizer.Encode(Text, addSpecialTokens, Plain.ToArray());
}
