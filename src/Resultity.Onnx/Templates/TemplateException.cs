namespace Resultity.Onnx.Templates;

/// <summary>A chat template is broken, refuses its input (<c>raise_exception</c>), or goes beyond its limits; the message says which.</summary>
public sealed class TemplateException : Exception
{
    /// <inheritdoc/>
    public TemplateException() { }

    /// <inheritdoc/>
    public TemplateException(string message) : base(message) { }

    /// <inheritdoc/>
    public TemplateException(string message, Exception inner) : base(message, inner) { }

    /// <summary>True if the template itself refused the conversation, so that the message is meant for whoever sent it.</summary>
    public bool Refused { get; init; }
}
