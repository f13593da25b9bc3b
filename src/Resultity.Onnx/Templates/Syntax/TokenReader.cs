namespace Resultity.Onnx.Templates.Syntax;

/// <summary>Steps through the tokens; keeps the nesting of what is parsed within bounds.</summary>
internal sealed class TokenReader(List<Token> tokens)
{
    private const int MaxDepth = 150;
    private int _at;
    private int _depth;

    public Token Current => tokens[_at];

    public Token Ahead => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public Token Take() => tokens[_at < tokens.Count - 1 ? _at++ : _at];

    public bool TakeIf(TokenKind kind, string text = "")
    {
        if (!Current.Is(kind, text)) return false;
        _at++;
        return true;
    }

    public bool TakeOperator(string text) => TakeIf(TokenKind.Operator, text);

    public bool TakeName(string text) => TakeIf(TokenKind.Name, text);

    public string ExpectName() => Current.Kind == TokenKind.Name ? Take().Text : throw Error("a name is expected");

    public void Expect(TokenKind kind, string text = "")
    {
        if (!TakeIf(kind, text)) throw Error(text.Length > 0 ? $"'{text}' is expected" : $"{kind} is expected");
    }

    public void Enter()
    {
        if (++_depth > MaxDepth) throw Error("it is nested too deep");
    }

    public void Leave() => _depth--;

    public TemplateException Error(string what) =>
        new($"the chat template is broken in line {Current.Line}: {what}{(Current.Text.Length is > 0 and < 40 ? $", not '{Current.Text}'" : "")}");
}
