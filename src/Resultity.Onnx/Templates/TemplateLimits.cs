namespace Resultity.Onnx.Templates;

/// <summary>What one rendering may cost; a template comes from a model's author and is not trusted with more.</summary>
public sealed record TemplateLimits
{
    /// <summary>Evaluated parts of the template; long texts count more.</summary>
    /// <value>Defaults to 5 million.</value>
    public long Steps { get; init; } = 5_000_000;

    /// <summary>The length of the prompt and of any text on the way to it, in UTF-16 units.</summary>
    /// <value>Defaults to 16 million.</value>
    public int TextLength { get; init; } = 16_000_000;

    /// <summary>Items in any list.</summary>
    /// <value>Defaults to 100,000, as in Jinja's sandbox.</value>
    public int ListLength { get; init; } = 100_000;
}
