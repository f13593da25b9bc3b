using System.Text;

namespace Resultity.Onnx.Templates.Syntax;

/// <summary>
/// Cuts a template into tokens, with the whitespace rules that Hugging Face sets: the first newline after a block goes
/// (trim_blocks), and so do blanks between the start of a line and a block (lstrip_blocks).
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] LongOperators = ["==", "!=", "<=", ">=", "//", "**"];
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _at;
    private int _line = 1;

    private Lexer(string source) => _source = source;

    public static List<Token> Tokenize(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        // One newline at the end of a template belongs to the file, not to the text.
        if (source.EndsWith('\n')) source = source[..^1];
        var lexer = new Lexer(source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        var trimLeft = false;
        while (_at < _source.Length)
        {
            var open = NextOpening(_at);
            var text = _source[_at..open];
            if (trimLeft) text = text.TrimStart();
            trimLeft = false;
            if (open == _source.Length)
            {
                AddLiteral(text);
                _at = open;
                break;
            }
            var sign = open + 2 < _source.Length ? _source[open + 2] : ' ';
            if (sign == '-') text = text.TrimEnd();
            else if (sign != '+' && _source[open + 1] != '{') text = StripLine(text, _at);
            AddLiteral(text);
            CountLines(_at, open);
            _at = open + (sign is '-' or '+' ? 3 : 2);
            trimLeft = _source[open + 1] switch
            {
                '#' => Comment(),
                '%' => Statement(),
                _ => Inside(TokenKind.OutputBegin, TokenKind.OutputEnd, "}}"),
            };
        }
        _tokens.Add(new Token(TokenKind.End, "", _line));
    }

    private int NextOpening(int from)
    {
        for (var at = from; (at = _source.IndexOf('{', at)) >= 0 && at + 1 < _source.Length; at++)
            if (_source[at + 1] is '{' or '%' or '#') return at;
        return _source.Length;
    }

    /// <summary>Takes the blanks before a block away if nothing else stands before it in its line.</summary>
    private string StripLine(string text, int start)
    {
        var end = text.Length;
        while (end > 0 && text[end - 1] is ' ' or '\t') end--;
        var lineStart = end > 0 ? text[end - 1] == '\n' : start == 0 || _source[start - 1] == '\n';
        return lineStart ? text[..end] : text;
    }

    private bool Comment()
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw Error("a comment is not closed");
        var sign = end > _at ? _source[end - 1] : ' ';
        CountLines(_at, end);
        _at = end + 2;
        return AfterBlock(sign);
    }

    private bool Statement()
    {
        var mark = _at;
        while (mark < _source.Length && char.IsWhiteSpace(_source[mark])) mark++;
        if (string.CompareOrdinal(_source, mark, "raw", 0, 3) != 0 || mark + 3 >= _source.Length || char.IsLetterOrDigit(_source[mark + 3])) return Inside(TokenKind.StatementBegin, TokenKind.StatementEnd, "%}");
        var begin = _source.IndexOf("%}", mark, StringComparison.Ordinal);
        var close = begin < 0 ? -1 : _source.IndexOf("endraw", begin, StringComparison.Ordinal);
        var open = close < 0 ? -1 : _source.LastIndexOf("{%", close, StringComparison.Ordinal);
        var end = close < 0 ? -1 : _source.IndexOf("%}", close, StringComparison.Ordinal);
        if (end < 0 || open < begin) throw Error("'raw' is not closed");
        _at = begin + 2;
        var trimmed = AfterBlock(_source[begin - 1]);
        var text = _source[_at..open];
        if (trimmed) text = text.TrimStart();
        if (_source[open + 2] == '-') text = text.TrimEnd();
        AddLiteral(text);
        CountLines(mark, end);
        _at = end + 2;
        return AfterBlock(_source[end - 1]);
    }

    private bool Inside(TokenKind begin, TokenKind end, string closing)
    {
        _tokens.Add(new Token(begin, "", _line));
        var depth = 0;
        while (_at < _source.Length)
        {
            var character = _source[_at];
            if (char.IsWhiteSpace(character))
            {
                if (character == '\n') _line++;
                _at++;
                continue;
            }
            var sign = character is '-' or '+' && depth == 0 && string.CompareOrdinal(_source, _at + 1, closing, 0, 2) == 0;
            if (sign || (depth == 0 && string.CompareOrdinal(_source, _at, closing, 0, 2) == 0))
            {
                _tokens.Add(new Token(end, "", _line));
                _at += sign ? 3 : 2;
                return end == TokenKind.StatementEnd ? AfterBlock(sign ? character : ' ') : sign && character == '-';
            }
            if (character is '\'' or '"') Quoted(character);
            else if (char.IsAsciiDigit(character)) Number();
            else if (char.IsLetter(character) || character == '_') Name();
            else Operator(ref depth);
        }
        throw Error($"'{closing}' is missing");
    }

    /// <summary>Whether everything blank after the block goes; else only the newline right after it, unless a plus keeps it.</summary>
    private bool AfterBlock(char sign)
    {
        if (sign == '-') return true;
        if (sign != '+' && _at < _source.Length && _source[_at] == '\n')
        {
            _at++;
            _line++;
        }
        return false;
    }

    private void Quoted(char quote)
    {
        var text = new StringBuilder();
        var line = _line;
        for (_at++; ; _at++)
        {
            if (_at >= _source.Length) throw Error("a string is not closed");
            var character = _source[_at];
            if (character == quote) break;
            if (character == '\n') _line++;
            if (character == '\\' && _at + 1 < _source.Length) Escape(text);
            else text.Append(character);
        }
        _at++;
        _tokens.Add(new Token(TokenKind.Text, text.ToString(), line));
    }

    private void Escape(StringBuilder text)
    {
        var character = _source[++_at];
        var digits = character switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0 && _at + digits < _source.Length && int.TryParse(_source.AsSpan(_at + 1, digits), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) && Rune.IsValid(value))
        {
            text.Append(new Rune(value));
            _at += digits;
            return;
        }
        switch (character)
        {
            case 'n': text.Append('\n'); break;
            case 't': text.Append('\t'); break;
            case 'r': text.Append('\r'); break;
            case 'b': text.Append('\b'); break;
            case 'f': text.Append('\f'); break;
            case 'v': text.Append('\v'); break;
            case '0': text.Append('\0'); break;
            case '\n': _line++; break;
            case '\\' or '\'' or '"': text.Append(character); break;
            default: text.Append('\\').Append(character); break;
        }
    }

    private void Number()
    {
        var start = _at;
        while (_at < _source.Length && (char.IsAsciiDigit(_source[_at]) || _source[_at] == '_')) _at++;
        var real = _at + 1 < _source.Length && _source[_at] == '.' && char.IsAsciiDigit(_source[_at + 1]);
        if (real)
            for (_at++; _at < _source.Length && char.IsAsciiDigit(_source[_at]);) _at++;
        if (_at + 1 < _source.Length && _source[_at] is 'e' or 'E' && (char.IsAsciiDigit(_source[_at + 1]) || (_source[_at + 1] is '-' or '+' && _at + 2 < _source.Length && char.IsAsciiDigit(_source[_at + 2]))))
        {
            real = true;
            for (_at += 2; _at < _source.Length && char.IsAsciiDigit(_source[_at]);) _at++;
        }
        _tokens.Add(new Token(real ? TokenKind.Float : TokenKind.Integer, _source[start.._at].Replace("_", "", StringComparison.Ordinal), _line));
    }

    private void Name()
    {
        var start = _at;
        while (_at < _source.Length && (char.IsLetterOrDigit(_source[_at]) || _source[_at] == '_')) _at++;
        _tokens.Add(new Token(TokenKind.Name, _source[start.._at], _line));
    }

    private void Operator(ref int depth)
    {
        var text = LongOperators.FirstOrDefault(candidate => string.CompareOrdinal(_source, _at, candidate, 0, 2) == 0) ?? _source[_at].ToString();
        if (!"==!=<=>=//**+-*/%~|.,:()[]{}".Contains(text, StringComparison.Ordinal) && text is not ("<" or ">" or "=")) throw Error($"'{text}' is not expected here");
        if (text is "(" or "[" or "{") depth++;
        else if (text is ")" or "]" or "}") depth--;
        _at += text.Length;
        _tokens.Add(new Token(TokenKind.Operator, text, _line));
    }

    private void AddLiteral(string text)
    {
        if (text.Length > 0) _tokens.Add(new Token(TokenKind.Literal, text, _line));
    }

    private void CountLines(int from, int to) => _line += _source.AsSpan(from, to - from).Count('\n');

    private TemplateException Error(string what) => new($"the chat template is broken in line {_line}: {what}");
}
