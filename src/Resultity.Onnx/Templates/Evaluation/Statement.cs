using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Evaluation;

/// <summary>How a statement ends.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>Something that writes or changes. Immutable, like expressions.</summary>
internal abstract class Statement
{
    public abstract Flow Execute(Scope scope, MarkedTextBuilder output);

    protected static TextValue Capture(Statement body, Scope scope)
    {
        var inner = new MarkedTextBuilder();
        body.Execute(scope.Inner(), inner);
        return scope.Budget.Made(inner.ToText());
    }
}

internal sealed class BlockStatement(IReadOnlyList<Statement> statements) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        foreach (var statement in statements)
        {
            scope.Budget.Step();
            if (statement.Execute(scope, output) is not Flow.Next and var flow) return flow;
        }
        return Flow.Next;
    }
}

internal sealed class LiteralStatement(string text) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        scope.Budget.Length((long)output.Length + text.Length);
        output.Append(text);
        return Flow.Next;
    }
}

internal sealed class OutputStatement(Expression value) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        var text = PythonText.Str(value.Evaluate(scope));
        scope.Budget.Length((long)output.Length + text.Text.Length);
        scope.Budget.Step(text.Text.Length / 32);
        output.Append(text);
        return Flow.Next;
    }
}

internal sealed class DiscardStatement(Expression value) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        value.Evaluate(scope);
        return Flow.Next;
    }
}

internal sealed class JumpStatement(Flow flow) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output) => flow;
}

internal sealed class IfStatement(IReadOnlyList<(Expression Test, Statement Body)> branches, Statement? otherwise) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        foreach (var (test, body) in branches)
            if (test.Evaluate(scope).IsTrue) return body.Execute(scope, output);
        return otherwise?.Execute(scope, output) ?? Flow.Next;
    }
}

internal sealed class OutputBlockStatement(Statement body, Expression filtered) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        var inner = scope.Inner();
        inner.Set(Scope.Captured, Capture(body, scope));
        return new OutputStatement(filtered).Execute(inner, output);
    }
}

internal sealed class WithStatement(IReadOnlyList<(string Name, Expression Value)> entries, Statement body) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        var inner = scope.Inner();
        foreach (var (name, value) in entries) inner.Set(name, value.Evaluate(scope));
        return body.Execute(inner, output);
    }
}
