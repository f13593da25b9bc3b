using Resultity.Onnx.Templates.Library;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Evaluation;

/// <summary>Something that has a value. Immutable, so that one parsed template serves many renderings at once.</summary>
internal abstract class Expression
{
    public Value Evaluate(Scope scope)
    {
        scope.Budget.Step();
        return Compute(scope);
    }

    protected abstract Value Compute(Scope scope);
}

internal sealed class ConstantExpression(Value value) : Expression
{
    protected override Value Compute(Scope scope) => value;
}

internal sealed class NameExpression(string name) : Expression
{
    public string Name => name;

    protected override Value Compute(Scope scope) => scope.Find(name) ?? Functions.Find(name, scope) ?? new UndefinedValue(name);
}

internal sealed class ListExpression(IReadOnlyList<Expression> items, bool tuple) : Expression
{
    protected override Value Compute(Scope scope) => new ListValue([.. items.Select(item => item.Evaluate(scope))], tuple);
}

internal sealed class MapExpression(IReadOnlyList<(Expression Key, Expression Value)> entries) : Expression
{
    protected override Value Compute(Scope scope)
    {
        var result = new OrderedDictionary<string, Value>(StringComparer.Ordinal);
        foreach (var (key, value) in entries) result[PythonText.Str(key.Evaluate(scope)).Text] = value.Evaluate(scope);
        return new MapValue(result);
    }
}

internal sealed class ConditionalExpression(Expression test, Expression then, Expression otherwise) : Expression
{
    protected override Value Compute(Scope scope) => (test.Evaluate(scope).IsTrue ? then : otherwise).Evaluate(scope);
}

internal sealed class LogicalExpression(Expression left, Expression right, bool isAnd) : Expression
{
    protected override Value Compute(Scope scope)
    {
        var first = left.Evaluate(scope);
        return first.IsTrue == isAnd ? right.Evaluate(scope) : first;
    }
}

internal sealed class NotExpression(Expression operand) : Expression
{
    protected override Value Compute(Scope scope) => Value.Of(!operand.Evaluate(scope).IsTrue);
}

internal sealed class ComparisonExpression(Expression first, IReadOnlyList<(string Operator, Expression Operand)> steps) : Expression
{
    protected override Value Compute(Scope scope)
    {
        var left = first.Evaluate(scope);
        foreach (var (sign, operand) in steps)
        {
            var right = operand.Evaluate(scope);
            var holds = sign switch
            {
                "==" => Operations.AreEqual(left, right),
                "!=" => !Operations.AreEqual(left, right),
                "in" => Operations.Contains(right, left),
                "not in" => !Operations.Contains(right, left),
                "<" => Operations.Compare(left, right) < 0,
                "<=" => Operations.Compare(left, right) <= 0,
                ">" => Operations.Compare(left, right) > 0,
                _ => Operations.Compare(left, right) >= 0,
            };
            if (!holds) return Value.False;
            left = right;
        }
        return Value.True;
    }
}

internal sealed class FilterExpression(string name, Expression value, ArgumentList arguments) : Expression
{
    protected override Value Compute(Scope scope) => scope.Budget.Made(Filters.Apply(name, value.Evaluate(scope), arguments.Evaluate(name, scope), scope));
}

internal sealed class TestExpression(string name, Expression value, ArgumentList arguments) : Expression
{
    protected override Value Compute(Scope scope) => Value.Of(ValueTests.Holds(name, value.Evaluate(scope), arguments.Evaluate(name, scope)));
}

internal sealed class CallExpression(Expression callee, ArgumentList arguments) : Expression
{
    protected override Value Compute(Scope scope) => callee.Evaluate(scope) switch
    {
        CallableValue function => scope.Budget.Made(function.Call(arguments.Evaluate(function.Name, scope))),
        UndefinedValue missing => throw new TemplateException($"'{missing.Name}' is undefined and cannot be called"),
        var other => throw new TemplateException($"a value of kind {other.KindName} cannot be called"),
    };
}

/// <summary>The arguments as written.</summary>
internal sealed class ArgumentList(IReadOnlyList<Expression> positional, IReadOnlyList<(string Name, Expression Value)> named)
{
    public static ArgumentList None { get; } = new([], []);

    public Arguments Evaluate(string owner, Scope scope) => new(
        owner,
        [.. positional.Select(argument => argument.Evaluate(scope))],
        named.Count == 0 ? System.Collections.Frozen.FrozenDictionary<string, Value>.Empty : named.GroupBy(static argument => argument.Name).ToDictionary(static group => group.Key, group => group.Last().Value.Evaluate(scope)));
}
