namespace Resultity.Onnx.Grammars;

/// <summary>A schema cannot be followed token by token; the message names the keyword and its place.</summary>
public sealed class GrammarException : Exception
{
    /// <inheritdoc/>
    public GrammarException() { }

    /// <inheritdoc/>
    public GrammarException(string message) : base(message) { }

    /// <inheritdoc/>
    public GrammarException(string message, Exception inner) : base(message, inner) { }

    internal GrammarException(string place, string what) : base($"The schema at '{place}' {what}") => Place = place;

    /// <summary>The place in the schema, as a JSON pointer with a leading <c>#</c>.</summary>
    public string Place { get; } = "#";
}
