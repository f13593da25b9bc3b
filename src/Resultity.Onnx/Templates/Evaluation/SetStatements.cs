using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Evaluation;

internal sealed class SetStatement(IReadOnlyList<string> names, string? attribute, Expression value) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        Assign(scope, names, attribute, value.Evaluate(scope));
        return Flow.Next;
    }

    /// <summary>Gives the value to a name, its items to several names, or sets an attribute of a namespace.</summary>
    public static void Assign(Scope scope, IReadOnlyList<string> names, string? attribute, Value value)
    {
        if (attribute is not null)
        {
            var owner = scope.Find(names[0]) as NamespaceValue ?? throw new TemplateException($"'{names[0]}' is no namespace, so '{attribute}' cannot be set on it");
            owner.Attributes[attribute] = value;
            return;
        }
        if (names.Count == 1)
        {
            scope.Set(names[0], value);
            return;
        }
        var items = Operations.Iterate(value).ToList();
        if (items.Count != names.Count) throw new TemplateException($"{names.Count} names cannot take {items.Count} values");
        for (var i = 0; i < items.Count; i++) scope.Set(names[i], items[i]);
    }
}

internal sealed class SetBlockStatement(string name, string? attribute, Statement body, Expression filtered) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        var inner = scope.Inner();
        inner.Set(Scope.Captured, Capture(body, scope));
        SetStatement.Assign(scope, [name], attribute, filtered.Evaluate(inner));
        return Flow.Next;
    }
}

internal sealed class MacroStatement(string name, IReadOnlyList<(string Name, Expression? Default)> parameters, Statement body) : Statement
{
    public override Flow Execute(Scope scope, MarkedTextBuilder output)
    {
        scope.Set(name, new CallableValue(name, arguments =>
        {
            if (arguments.Positional.Count > parameters.Count) throw new TemplateException($"the macro '{name}' takes at most {parameters.Count} arguments");
            var inner = scope.Inner();
            for (var i = 0; i < parameters.Count; i++)
                inner.Set(parameters[i].Name, arguments.At(i, parameters[i].Name) ?? parameters[i].Default?.Evaluate(inner) ?? new UndefinedValue(parameters[i].Name));
            return Capture(body, inner);
        }));
        return Flow.Next;
    }
}
