using Resultity.Onnx.Templates.Library;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Evaluation;

/// <summary><c>value.name</c>: a method first, then a member, as in Jinja.</summary>
internal sealed class AttributeExpression(Expression owner, string name) : Expression
{
    protected override Value Compute(Scope scope) => Access.Attribute(owner.Evaluate(scope), name, scope);
}

/// <summary><c>value[key]</c>: a member first, then a method.</summary>
internal sealed class SubscriptExpression(Expression owner, Expression key) : Expression
{
    protected override Value Compute(Scope scope) => Access.Item(owner.Evaluate(scope), key.Evaluate(scope), scope);
}

internal sealed class SliceExpression(Expression owner, Expression? start, Expression? stop, Expression? step) : Expression
{
    protected override Value Compute(Scope scope)
    {
        var value = owner.Evaluate(scope);
        var by = Bound(step, scope) ?? 1;
        if (by == 0) throw new TemplateException("the step of a slice cannot be 0");
        var (from, to) = (Bound(start, scope), Bound(stop, scope));
        if (value is TextValue text && by == 1)
        {
            var first = Clamp(from ?? 0, text.Text.Length);
            return scope.Budget.Made(text.Slice(first, Math.Max(0, Clamp(to ?? text.Text.Length, text.Text.Length) - first)));
        }
        var items = value is ListValue or TextValue ? Operations.Iterate(value).ToArray() : throw new TemplateException($"{value.KindName} cannot be sliced");
        var result = new List<Value>();
        foreach (var at in Places(from, to, by, items.Length)) result.Add(items[at]);
        if (value is ListValue list) return scope.Budget.Made(new ListValue([.. result], list.IsTuple));
        var builder = new MarkedTextBuilder();
        foreach (var part in result) builder.Append((TextValue)part);
        return scope.Budget.Made(builder.ToText());
    }

    private static IEnumerable<int> Places(long? from, long? to, long by, int count)
    {
        if (by > 0)
        {
            long stop = Clamp(to ?? count, count);
            for (long at = Clamp(from ?? 0, count); at < stop; at += by) yield return (int)at;
            yield break;
        }
        // Going backwards, a bound before the beginning stands for the place before the first item.
        var end = to is { } given ? Math.Max(given < 0 ? given + count : given, -1) : -1;
        for (var at = Math.Min((from ?? count - 1) is var begin && begin < 0 ? begin + count : begin, count - 1); at > end; at += by) yield return (int)at;
    }

    private static int Clamp(long place, int count) => (int)Math.Clamp(place < 0 ? place + count : place, 0, count);

    private static long? Bound(Expression? bound, Scope scope) => bound?.Evaluate(scope) switch
    {
        null or NoneValue => null,
        IntegerValue integer => Math.Clamp(integer.Number, int.MinValue, int.MaxValue),
        var other => throw new TemplateException($"the bounds of a slice are to be int, not {other.KindName}"),
    };
}

/// <summary>How members and methods of values are found.</summary>
internal static class Access
{
    public static Value Attribute(Value owner, string name, Scope scope) => owner switch
    {
        UndefinedValue missing => throw new TemplateException($"'{missing.Name}' is undefined, so '{name}' cannot be read from it"),
        NamespaceValue space => space.Attributes.TryGetValue(name, out var value) ? value : new UndefinedValue(name),
        _ => Methods.Find(owner, name, scope) ?? (owner is MapValue map && map.Entries.TryGetValue(name, out var member) ? member : new UndefinedValue(name)),
    };

    public static Value Item(Value owner, Value key, Scope scope)
    {
        switch (owner, key)
        {
            case (UndefinedValue missing, _):
                throw new TemplateException($"'{missing.Name}' is undefined, so nothing can be read from it");
            case (MapValue map, TextValue name):
                return map.Entries.TryGetValue(name.Text, out var member) ? member : Methods.Find(owner, name.Text, scope) ?? new UndefinedValue(name.Text);
            case (ListValue list, IntegerValue index):
                var at = index.Number < 0 ? index.Number + list.Items.Length : index.Number;
                return at >= 0 && at < list.Items.Length ? list.Items[at] : new UndefinedValue($"the item {index.Number}");
            case (TextValue text, IntegerValue index):
                var place = index.Number < 0 ? index.Number + text.Text.Length : index.Number;
                return place >= 0 && place < text.Text.Length ? text.Slice((int)place, 1) : new UndefinedValue($"the character {index.Number}");
            case (NamespaceValue space, TextValue name):
                return space.Attributes.TryGetValue(name.Text, out var value) ? value : new UndefinedValue(name.Text);
            case (_, TextValue name):
                return Methods.Find(owner, name.Text, scope) ?? new UndefinedValue(name.Text);
            default:
                return new UndefinedValue(PythonText.Repr(key));
        }
    }
}
