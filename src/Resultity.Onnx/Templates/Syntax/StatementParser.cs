using Resultity.Onnx.Templates.Evaluation;

namespace Resultity.Onnx.Templates.Syntax;

/// <summary>Parses text, output and statements.</summary>
internal sealed class StatementParser
{
    private readonly TokenReader _reader;
    private readonly ExpressionParser _expressions;
    private int _loops;

    private StatementParser(List<Token> tokens)
    {
        _reader = new(tokens);
        _expressions = new(_reader);
    }

    public static Statement Parse(string source)
    {
        var parser = new StatementParser(Lexer.Tokenize(source));
        var body = parser.Body();
        return parser._reader.Current.Kind == TokenKind.End ? body : throw parser._reader.Error("this block was not opened");
    }

    /// <summary>Everything up to the end or to a statement of one of these names, whose name is then the current token.</summary>
    private BlockStatement Body(params ReadOnlySpan<string> until)
    {
        _reader.Enter();
        var statements = new List<Statement>();
        while (_reader.Current.Kind != TokenKind.End)
        {
            if (_reader.Current.Kind == TokenKind.Literal)
            {
                statements.Add(new LiteralStatement(_reader.Take().Text));
            }
            else if (_reader.TakeIf(TokenKind.OutputBegin))
            {
                statements.Add(new OutputStatement(_expressions.ParseTuple()));
                _reader.Expect(TokenKind.OutputEnd);
            }
            else
            {
                if (_reader.Ahead.Kind == TokenKind.Name && until.Contains(_reader.Ahead.Text))
                {
                    _reader.Take();
                    break;
                }
                if (_reader.Ahead.Text.StartsWith("end", StringComparison.Ordinal) || _reader.Ahead.Text is "else" or "elif") break;
                _reader.Expect(TokenKind.StatementBegin);
                statements.Add(ParseStatement());
            }
        }
        _reader.Leave();
        return new BlockStatement(statements);
    }

    private BlockStatement BodyTo(string end)
    {
        var body = Body(end);
        if (!_reader.TakeName(end)) throw _reader.Error($"'{end}' is missing");
        return body;
    }

    private Statement ParseStatement()
    {
        var name = _reader.ExpectName();
        Statement result = name switch
        {
            "if" => If(),
            "for" => For(),
            "set" => Set(),
            "macro" => Macro(),
            "filter" => FilterBlock(),
            "with" => With(),
            "generation" => Enclosed("endgeneration"),
            "break" or "continue" => Jump(name),
            "do" => new DiscardStatement(_expressions.ParseTuple()),
            _ => throw _reader.Error($"the statement '{name}' is not supported"),
        };
        _reader.Expect(TokenKind.StatementEnd);
        return result;
    }

    private BlockStatement Enclosed(string end)
    {
        _reader.Expect(TokenKind.StatementEnd);
        return BodyTo(end);
    }

    private JumpStatement Jump(string name) => _loops > 0 ? new JumpStatement(name == "break" ? Flow.Break : Flow.Continue) : throw _reader.Error($"'{name}' stands outside a loop");

    private IfStatement If()
    {
        var branches = new List<(Expression, Statement)>();
        var test = _expressions.ParseTuple();
        while (true)
        {
            _reader.Expect(TokenKind.StatementEnd);
            branches.Add((test, Body("elif", "else", "endif")));
            if (!_reader.TakeName("elif")) break;
            test = _expressions.ParseTuple();
        }
        Statement? otherwise = null;
        if (_reader.TakeName("else"))
        {
            _reader.Expect(TokenKind.StatementEnd);
            otherwise = Body("endif");
        }
        if (!_reader.TakeName("endif")) throw _reader.Error("'endif' is missing");
        return new IfStatement(branches, otherwise);
    }

    private ForStatement For()
    {
        var targets = Targets();
        if (!_reader.TakeName("in")) throw _reader.Error("'in' is expected");
        // An 'if' here filters the loop; it is no conditional expression.
        var items = _expressions.Parse(conditional: false);
        var filter = _reader.TakeName("if") ? _expressions.Parse() : null;
        if (_reader.Current.IsName("recursive")) throw _reader.Error("recursive loops are not supported");
        _reader.Expect(TokenKind.StatementEnd);
        _loops++;
        var body = Body("else", "endfor");
        _loops--;
        Statement? otherwise = null;
        if (_reader.TakeName("else"))
        {
            _reader.Expect(TokenKind.StatementEnd);
            otherwise = Body("endfor");
        }
        if (!_reader.TakeName("endfor")) throw _reader.Error("'endfor' is missing");
        return new ForStatement(targets, items, filter, body, otherwise);
    }

    private List<string> Targets()
    {
        var parenthesis = _reader.TakeOperator("(");
        var names = new List<string> { _reader.ExpectName() };
        while (_reader.TakeOperator(",")) names.Add(_reader.ExpectName());
        if (parenthesis) _reader.Expect(TokenKind.Operator, ")");
        return names;
    }

    private Statement Set()
    {
        var names = Targets();
        string? attribute = null;
        if (names.Count == 1 && _reader.TakeOperator(".")) attribute = _reader.ExpectName();
        if (_reader.TakeOperator("=")) return new SetStatement(names, attribute, _expressions.ParseTuple());
        Expression value = new NameExpression(Scope.Captured);
        while (_reader.TakeOperator("|")) value = _expressions.Filter(value);
        _reader.Expect(TokenKind.StatementEnd);
        return new SetBlockStatement(names[0], attribute, BodyTo("endset"), value);
    }

    private MacroStatement Macro()
    {
        var name = _reader.ExpectName();
        _reader.Expect(TokenKind.Operator, "(");
        var parameters = new List<(string, Expression?)>();
        while (!_reader.TakeOperator(")"))
        {
            if (parameters.Count > 0) _reader.Expect(TokenKind.Operator, ",");
            var parameter = _reader.ExpectName();
            parameters.Add((parameter, _reader.TakeOperator("=") ? _expressions.Parse() : null));
        }
        _reader.Expect(TokenKind.StatementEnd);
        var loops = _loops;
        _loops = 0;
        var body = BodyTo("endmacro");
        _loops = loops;
        return new MacroStatement(name, parameters, body);
    }

    private OutputBlockStatement FilterBlock()
    {
        Expression value = _expressions.Filter(new NameExpression(Scope.Captured));
        while (_reader.TakeOperator("|")) value = _expressions.Filter(value);
        _reader.Expect(TokenKind.StatementEnd);
        return new OutputBlockStatement(BodyTo("endfilter"), value);
    }

    private WithStatement With()
    {
        var entries = new List<(string, Expression)>();
        while (_reader.Current.Kind == TokenKind.Name)
        {
            var name = _reader.Take().Text;
            _reader.Expect(TokenKind.Operator, "=");
            entries.Add((name, _expressions.Parse()));
            if (!_reader.TakeOperator(",")) break;
        }
        _reader.Expect(TokenKind.StatementEnd);
        return new WithStatement(entries, BodyTo("endwith"));
    }
}
