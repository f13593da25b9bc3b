namespace Resultity.Onnx.Templates.Syntax;

internal enum TokenKind
{
    Literal,
    StatementBegin,
    StatementEnd,
    OutputBegin,
    OutputEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A token of the template's source; <paramref name="Line"/> counts from 1.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    public bool Is(TokenKind kind, string text) => Kind == kind && Text == text;

    public bool IsOperator(string text) => Is(TokenKind.Operator, text);

    public bool IsName(string text) => Is(TokenKind.Name, text);
}
