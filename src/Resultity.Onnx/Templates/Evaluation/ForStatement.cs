using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Evaluation;

internal sealed class ForStatement(IReadOnlyList<string> targets, Expression items, Expression? filter, Statement body, Statement? otherwise) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        var source = items.Evaluate(scope);
        if (source is TextValue text) scope.Budget.Items(text.Text.Length);
        var list = Operations.Iterate(source).ToList();
        if (filter is not null) list.RemoveAll(item => !Passes(item, scope));
        if (list.Count == 0) return otherwise?.Execute(scope.Inner(), output) ?? Flow.Next;
        var changed = new List<Value>();
        for (var index = 0; index < list.Count; index++)
        {
            scope.Budget.Step();
            var inner = scope.Inner();
            inner.Set("loop", Loop(list, index, changed));
            SetStatement.Assign(inner, targets, null, list[index]);
            if (body.Execute(inner, output) == Flow.Break) break;
        }
        return Flow.Next;
    }

    private bool Passes(Value item, Scope scope)
    {
        var inner = scope.Inner();
        SetStatement.Assign(inner, targets, null, item);
        return filter!.Evaluate(inner).IsTrue;
    }

    private static NamespaceValue Loop(List<Value> list, int index, List<Value> changed)
    {
        var loop = new NamespaceValue();
        var attributes = loop.Attributes;
        attributes["index"] = Value.Of(index + 1L);
        attributes["index0"] = Value.Of((long)index);
        attributes["revindex"] = Value.Of((long)list.Count - index);
        attributes["revindex0"] = Value.Of(list.Count - index - 1L);
        attributes["first"] = Value.Of(index == 0);
        attributes["last"] = Value.Of(index == list.Count - 1);
        attributes["length"] = Value.Of((long)list.Count);
        attributes["depth"] = Value.Of(1L);
        attributes["depth0"] = Value.Of(0L);
        attributes["previtem"] = index > 0 ? list[index - 1] : new UndefinedValue("there is no previous item");
        attributes["nextitem"] = index + 1 < list.Count ? list[index + 1] : new UndefinedValue("there is no next item");
        attributes["cycle"] = new CallableValue("cycle", arguments => arguments.Positional.Count > 0
            ? arguments.Positional[index % arguments.Positional.Count]
            : throw new TemplateException("'cycle' needs arguments"));
        attributes["changed"] = new CallableValue("changed", arguments =>
        {
            var same = changed.Count == arguments.Positional.Count && index > 0 && changed.Zip(arguments.Positional).All(static pair => Operations.AreEqual(pair.First, pair.Second));
            changed.Clear();
            changed.AddRange(arguments.Positional);
            return Value.Of(!same);
        });
        return loop;
    }
}
