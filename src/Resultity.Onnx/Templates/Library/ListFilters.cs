using Resultity.Onnx.Templates.Evaluation;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Library;

/// <summary>Filters over lists and maps.</summary>
internal static class ListFilters
{
    public static Value Apply(string name, Value value, Arguments arguments, Scope scope) => name switch
    {
        "list" => Value.Of(Operations.Iterate(value)),
        "first" => Operations.Iterate(value).FirstOrDefault() ?? new UndefinedValue("the first item of an empty list"),
        "last" => Operations.Iterate(value).LastOrDefault() ?? new UndefinedValue("the last item of an empty list"),
        "items" => value is MapValue map ? Pairs(map) : value is UndefinedValue ? Value.Of([]) : throw Filters.Wrong(name, value),
        "dictsort" => value is MapValue map ? Sorted(Pairs(map), pair => ((ListValue)pair).Items[arguments.OptionalText(1, "by")?.Text == "value" ? 1 : 0], arguments.Flag(0, "case_sensitive"), arguments.Flag(2, "reverse")) : throw Filters.Wrong(name, value),
        "join" => TextForms.Join(Operations.Iterate(value).Select(item => PythonText.Str(ByAttribute(item, arguments.At(1, "attribute"), scope))), arguments.OptionalText(0, "d") ?? Value.Of(""), scope),
        "reverse" => value is TextValue text ? Reversed(text) : Value.Of(Operations.Iterate(value).Reverse()),
        "sort" => Sorted(value, item => ByAttribute(item, arguments.At(2, "attribute"), scope), arguments.Flag(1, "case_sensitive"), arguments.Flag(0, "reverse")),
        "unique" => Unique(value, arguments, scope),
        "min" => Sorted(value, item => ByAttribute(item, arguments.At(1, "attribute"), scope), arguments.Flag(0, "case_sensitive"), false).Items.FirstOrDefault() ?? new UndefinedValue("the least of nothing"),
        "max" => Sorted(value, item => ByAttribute(item, arguments.At(1, "attribute"), scope), arguments.Flag(0, "case_sensitive"), true).Items.FirstOrDefault() ?? new UndefinedValue("the greatest of nothing"),
        "sum" => Sum(value, arguments, scope),
        "map" => Map(value, arguments, scope),
        "select" => Value.Of(Operations.Iterate(value).Where(item => Passes(item, arguments, 0))),
        "reject" => Value.Of(Operations.Iterate(value).Where(item => !Passes(item, arguments, 0))),
        "selectattr" => Value.Of(Operations.Iterate(value).Where(item => Passes(ByAttribute(item, arguments.Required(0, "attribute"), scope), arguments, 1))),
        "rejectattr" => Value.Of(Operations.Iterate(value).Where(item => !Passes(ByAttribute(item, arguments.Required(0, "attribute"), scope), arguments, 1))),
        "batch" => Batch(value, arguments),
        _ => throw new TemplateException($"the filter '{name}' is not supported"),
    };

    private static TextValue Reversed(TextValue text)
    {
        var characters = text.Text.ToCharArray();
        Array.Reverse(characters);
        return text.Plain.Length > 0 ? TextValue.FromOutside(new string(characters)) : Value.Of(new string(characters));
    }

    private static ListValue Pairs(MapValue map) => Value.Of(map.Entries.Select(entry => (Value)new ListValue([map.Key(entry.Key), entry.Value], tuple: true)));

    /// <summary>An attribute by a path with dots, or the item itself.</summary>
    private static Value ByAttribute(Value item, Value? attribute, Scope scope)
    {
        switch (attribute)
        {
            case null or NoneValue: return item;
            case IntegerValue: return Access.Item(item, attribute, scope);
            case TextValue path:
                foreach (var part in path.Text.Split('.'))
                    item = Access.Item(item, long.TryParse(part, System.Globalization.CultureInfo.InvariantCulture, out var index) ? Value.Of(index) : Value.Of(part), scope);
                return item;
            default: throw new TemplateException($"an attribute is named by a string, not {attribute.KindName}");
        }
    }

    private static bool Passes(Value item, Arguments arguments, int from)
    {
        if (arguments.Positional.Count <= from) return item.IsTrue;
        var test = arguments.Text(from, "test").Text;
        if (!ValueTests.Exists(test)) throw new TemplateException($"the test '{test}' is not supported");
        return ValueTests.Holds(test, item, new Arguments(test, [.. arguments.Positional.Skip(from + 1)], arguments.Named));
    }

    private static ListValue Map(Value value, Arguments arguments, Scope scope)
    {
        if (arguments.Named.TryGetValue("attribute", out var attribute))
        {
            var otherwise = arguments.Named.GetValueOrDefault("default");
            return Value.Of(Operations.Iterate(value).Select(item => ByAttribute(item, attribute, scope) is var found && found is UndefinedValue && otherwise is not null ? otherwise : found));
        }
        var filter = arguments.Text(0, "filter").Text;
        var rest = new Arguments(filter, [.. arguments.Positional.Skip(1)], arguments.Named);
        return Value.Of(Operations.Iterate(value).Select(item =>
        {
            scope.Budget.Step();
            return scope.Budget.Made(Filters.Apply(filter, item, rest, scope));
        }));
    }

    private static ListValue Sorted(Value value, Func<Value, Value> key, bool caseSensitive, bool reverse)
    {
        Value Folded(Value item) => key(item) is TextValue text && !caseSensitive ? text.With(text.Text.ToLowerInvariant()) : key(item);
        var order = Comparer<Value>.Create(static (left, right) => Operations.Compare(left, right));
        var items = Operations.Iterate(value);
        try
        {
            return Value.Of((reverse ? items.OrderByDescending(Folded, order) : items.OrderBy(Folded, order)).ToArray());
        }
        catch (InvalidOperationException error) when (error.InnerException is TemplateException inner)
        {
            throw inner;
        }
    }

    private static ListValue Unique(Value value, Arguments arguments, Scope scope)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var caseSensitive = arguments.Flag(0, "case_sensitive");
        return Value.Of(Operations.Iterate(value).Where(item => seen.Add(PythonText.Repr(ByAttribute(item, arguments.At(1, "attribute"), scope)) is var text && caseSensitive ? text : text.ToLowerInvariant())).ToArray());
    }

    private static Value Sum(Value value, Arguments arguments, Scope scope)
    {
        Value total = arguments.At(1, "start") ?? Value.Of(0L);
        foreach (var item in Operations.Iterate(value))
            total = new ArithmeticExpression("+", new ConstantExpression(total), new ConstantExpression(ByAttribute(item, arguments.At(0, "attribute"), scope))).Evaluate(scope);
        return total;
    }

    private static ListValue Batch(Value value, Arguments arguments)
    {
        var size = arguments.Integer(0, "linecount", 0);
        if (size < 1) throw new TemplateException("'batch' needs a size");
        return Value.Of(Operations.Iterate(value).Chunk((int)Math.Min(size, int.MaxValue)).Select(part => (Value)new ListValue(part)));
    }
}
