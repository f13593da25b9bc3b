using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Evaluation;

/// <summary>Arithmetic with Python's meaning: <c>/</c> gives a float, <c>//</c> and <c>%</c> round down, <c>+</c> joins texts and lists.</summary>
internal sealed class ArithmeticExpression(string sign, Expression left, Expression right) : Expression
{
    protected override Value Compute(Scope scope)
    {
        var (first, second) = (left.Evaluate(scope), right.Evaluate(scope));
        return scope.Budget.Made(Combine(first, second, scope));
    }

    private Value Combine(Value first, Value second, Scope scope)
    {
        switch (sign, first, second)
        {
            case ("~", _, _):
                return Join(PythonText.Str(first), PythonText.Str(second), scope);
            case ("+", TextValue a, TextValue b):
                return Join(a, b, scope);
            case ("+", ListValue a, ListValue b) when a.IsTuple == b.IsTuple:
                scope.Budget.Items((long)a.Items.Length + b.Items.Length);
                return new ListValue([.. a.Items, .. b.Items], a.IsTuple);
            case ("*", TextValue text, IntegerValue count): return Repeat(text, count.Number, scope);
            case ("*", IntegerValue count, TextValue text): return Repeat(text, count.Number, scope);
            case ("*", ListValue list, IntegerValue count):
                scope.Budget.Items(checked(list.Items.Length * Math.Clamp(count.Number, 0, int.MaxValue)));
                return new ListValue([.. Enumerable.Repeat(list.Items, (int)Math.Max(0, count.Number)).SelectMany(static items => items)], list.IsTuple);
            case ("%", TextValue format, _):
                return Formatting.Percent(format, second is ListValue { IsTuple: true } tuple ? tuple.Items : [second]);
            default:
                return Numbers(first, second);
        }
    }

    private static TextValue Join(TextValue first, TextValue second, Scope scope)
    {
        scope.Budget.Length((long)first.Text.Length + second.Text.Length);
        return TextValue.Concat(first, second);
    }

    private static TextValue Repeat(TextValue text, long count, Scope scope)
    {
        count = Math.Clamp(count, 0, int.MaxValue);
        scope.Budget.Length(text.Text.Length * count);
        var builder = new MarkedTextBuilder();
        for (var i = 0; i < count && text.Text.Length > 0; i++) builder.Append(text);
        return builder.ToText();
    }

    private Value Numbers(Value first, Value second)
    {
        if (Operations.AsNumber(first) is not { } a || Operations.AsNumber(second) is not { } b)
        {
            if ((first as UndefinedValue ?? second as UndefinedValue) is { } missing) throw new TemplateException($"'{missing.Name}' is undefined");
            throw new TemplateException($"'{sign}' does not go with {first.KindName} and {second.KindName}");
        }
        if (sign is "/" or "//" or "%" && b == 0) throw new TemplateException("division by zero");
        if (sign == "/" || first is FloatValue || second is FloatValue) return Value.Of(Real(a, b));
        try
        {
            return Whole((long)a, (long)b);
        }
        catch (OverflowException error)
        {
            throw new TemplateException("a number is too large", error);
        }
    }

    private double Real(double a, double b) => sign switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "//" => Math.Floor(a / b),
        "%" => a - (b * Math.Floor(a / b)),
        _ => Math.Pow(a, b),
    };

    private Value Whole(long a, long b)
    {
        switch (sign)
        {
            case "+": return Value.Of(checked(a + b));
            case "-": return Value.Of(checked(a - b));
            case "*": return Value.Of(checked(a * b));
            case "//": return Value.Of((a / b) - (a % b != 0 && a < 0 != b < 0 ? 1 : 0));
            case "%": return Value.Of(((a % b) + b) % b);
            default:
                var power = Math.Pow(a, b);
                if (b < 0) return Value.Of(power);
                return Math.Abs(power) <= 1L << 53 ? Value.Of((long)power) : throw new OverflowException();
        }
    }
}

internal sealed class NegationExpression(Expression operand) : Expression
{
    protected override Value Compute(Scope scope) => operand.Evaluate(scope) switch
    {
        IntegerValue integer => Value.Of(-integer.Number),
        FloatValue real => Value.Of(-real.Number),
        var other => throw new TemplateException($"'-' does not go with {other.KindName}"),
    };
}
