using System.Globalization;
using Resultity.Onnx.Templates.Evaluation;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Syntax;

/// <summary>Parses expressions by recursive descent; the order of binding is Jinja's.</summary>
internal sealed class ExpressionParser(TokenReader reader)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>An expression, or several with commas between, which are a tuple.</summary>
    public Expression ParseTuple()
    {
        var first = Parse();
        if (!reader.Current.IsOperator(",")) return first;
        var items = new List<Expression> { first };
        while (reader.TakeOperator(",") && !AtEnd()) items.Add(Parse());
        return new ListExpression(items, tuple: true);
    }

    public Expression Parse(bool conditional = true)
    {
        reader.Enter();
        var result = Or();
        while (conditional && reader.TakeName("if"))
        {
            var test = Or();
            var otherwise = reader.TakeName("else") ? Parse() : new ConstantExpression(new UndefinedValue("the value of an if without else"));
            result = new ConditionalExpression(test, result, otherwise);
        }
        reader.Leave();
        return result;
    }

    private bool AtEnd() => reader.Current.Kind is TokenKind.StatementEnd or TokenKind.OutputEnd or TokenKind.End || reader.Current.IsOperator(")") || reader.Current.IsOperator("=");

    private Expression Or()
    {
        var left = And();
        while (reader.TakeName("or")) left = new LogicalExpression(left, And(), isAnd: false);
        return left;
    }

    private Expression And()
    {
        var left = Not();
        while (reader.TakeName("and")) left = new LogicalExpression(left, Not(), isAnd: true);
        return left;
    }

    private Expression Not()
    {
        if (!reader.TakeName("not")) return Comparison();
        reader.Enter();
        var result = new NotExpression(Not());
        reader.Leave();
        return result;
    }

    private Expression Comparison()
    {
        var first = Sum();
        var steps = new List<(string, Expression)>();
        while (true)
        {
            if (reader.Current.Kind == TokenKind.Operator && Comparisons.Contains(reader.Current.Text)) steps.Add((reader.Take().Text, Sum()));
            else if (reader.TakeName("in")) steps.Add(("in", Sum()));
            else if (reader.Current.IsName("not") && reader.Ahead.IsName("in"))
            {
                reader.Take();
                reader.Take();
                steps.Add(("not in", Sum()));
            }
            else break;
        }
        return steps.Count == 0 ? first : new ComparisonExpression(first, steps);
    }

    private Expression Sum() => Binary(Concatenation, "+", "-");

    private Expression Concatenation() => Binary(Product, "~");

    private Expression Product() => Binary(Power, "*", "/", "//", "%");

    private Expression Power() => Binary(() => Unary(filters: true), "**");

    private Expression Binary(Func<Expression> operand, params ReadOnlySpan<string> operators)
    {
        var left = operand();
        while (reader.Current.Kind == TokenKind.Operator && operators.Contains(reader.Current.Text)) left = new ArithmeticExpression(reader.Take().Text, left, operand());
        return left;
    }

    private Expression Unary(bool filters)
    {
        Expression result;
        if (reader.Current.IsOperator("-") || reader.Current.IsOperator("+"))
        {
            reader.Enter();
            var negative = reader.Take().Text == "-";
            var operand = Unary(filters: false);
            result = negative ? new NegationExpression(operand) : operand;
            reader.Leave();
        }
        else
        {
            result = Primary();
        }
        result = Postfix(result);
        return filters ? FiltersAndTests(result) : result;
    }

    private Expression Primary()
    {
        var token = reader.Take();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new ConstantExpression(Value.True),
                    "false" or "False" => new ConstantExpression(Value.False),
                    "none" or "None" => new ConstantExpression(Value.None),
                    _ => new NameExpression(token.Text),
                };
            case TokenKind.Text:
                var text = token.Text;
                while (reader.Current.Kind == TokenKind.Text) text += reader.Take().Text;
                return new ConstantExpression(Value.Of(text));
            case TokenKind.Integer when long.TryParse(token.Text, CultureInfo.InvariantCulture, out var integer):
                return new ConstantExpression(Value.Of(integer));
            case TokenKind.Integer or TokenKind.Float:
                return new ConstantExpression(Value.Of(double.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.Operator when token.Text == "(":
                if (reader.TakeOperator(")")) return new ListExpression([], tuple: true);
                var inner = ParseTuple();
                reader.Expect(TokenKind.Operator, ")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return new ListExpression(Items("]"), tuple: false);
            case TokenKind.Operator when token.Text == "{":
                return Map();
            default:
                throw reader.Error("an expression is expected");
        }
    }

    private List<Expression> Items(string closing)
    {
        var items = new List<Expression>();
        while (!reader.TakeOperator(closing))
        {
            if (items.Count > 0) reader.Expect(TokenKind.Operator, ",");
            if (reader.TakeOperator(closing)) break;
            items.Add(Parse());
        }
        return items;
    }

    private MapExpression Map()
    {
        var entries = new List<(Expression, Expression)>();
        while (!reader.TakeOperator("}"))
        {
            if (entries.Count > 0) reader.Expect(TokenKind.Operator, ",");
            if (reader.TakeOperator("}")) break;
            var key = Parse();
            reader.Expect(TokenKind.Operator, ":");
            entries.Add((key, Parse()));
        }
        return new MapExpression(entries);
    }

    private Expression Postfix(Expression value)
    {
        while (true)
        {
            if (reader.TakeOperator("."))
            {
                value = reader.Current.Kind == TokenKind.Integer
                    ? new SubscriptExpression(value, new ConstantExpression(Value.Of(long.Parse(reader.Take().Text, CultureInfo.InvariantCulture))))
                    : new AttributeExpression(value, reader.ExpectName());
            }
            else if (reader.TakeOperator("[")) value = Subscript(value);
            else if (reader.Current.IsOperator("(")) value = new CallExpression(value, Arguments());
            else return value;
        }
    }

    private Expression Subscript(Expression value)
    {
        Expression? Part() => reader.Current.IsOperator(":") || reader.Current.IsOperator("]") ? null : Parse();
        var start = Part();
        if (!reader.TakeOperator(":"))
        {
            reader.Expect(TokenKind.Operator, "]");
            return new SubscriptExpression(value, start ?? throw reader.Error("an index is expected"));
        }
        var stop = Part();
        var step = reader.TakeOperator(":") ? Part() : null;
        reader.Expect(TokenKind.Operator, "]");
        return new SliceExpression(value, start, stop, step);
    }

    private Expression FiltersAndTests(Expression value)
    {
        while (true)
        {
            if (reader.TakeOperator("|")) value = Filter(value);
            else if (reader.TakeName("is")) value = Test(value);
            else if (reader.Current.IsOperator("(")) value = new CallExpression(value, Arguments());
            else return value;
        }
    }

    public FilterExpression Filter(Expression value)
    {
        var name = reader.ExpectName();
        return new FilterExpression(name, value, reader.Current.IsOperator("(") ? Arguments() : ArgumentList.None);
    }

    private Expression Test(Expression value)
    {
        var negated = reader.TakeName("not");
        var name = reader.Current.Kind == TokenKind.Operator && Comparisons.Contains(reader.Current.Text) ? reader.Take().Text : reader.ExpectName();
        var arguments = ArgumentList.None;
        if (reader.Current.IsOperator("(")) arguments = Arguments();
        else if (reader.Current.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float
            || reader.Current.IsOperator("[") || reader.Current.IsOperator("{")
            || (reader.Current.Kind == TokenKind.Name && reader.Current.Text is not ("else" or "or" or "and" or "is" or "if" or "not" or "in" or "recursive")))
            arguments = new ArgumentList([Postfix(Primary())], []);
        Expression result = new TestExpression(name, value, arguments);
        return negated ? new NotExpression(result) : result;
    }

    private ArgumentList Arguments()
    {
        reader.Expect(TokenKind.Operator, "(");
        List<Expression> positional = [];
        List<(string, Expression)> named = [];
        while (!reader.TakeOperator(")"))
        {
            if (positional.Count + named.Count > 0) reader.Expect(TokenKind.Operator, ",");
            if (reader.TakeOperator(")")) break;
            if (reader.Current.Kind == TokenKind.Name && reader.Ahead.IsOperator("="))
            {
                var name = reader.Take().Text;
                reader.Take();
                named.Add((name, Parse()));
            }
            else
            {
                positional.Add(Parse());
            }
        }
        return new ArgumentList(positional, named);
    }
}
