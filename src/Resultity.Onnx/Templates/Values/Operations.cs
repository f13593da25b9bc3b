namespace Resultity.Onnx.Templates.Values;

/// <summary>Comparison, membership and iteration with Python's meaning.</summary>
internal static class Operations
{
    private const int MaxDepth = 100;

    public static bool AreEqual(Value left, Value right, int depth = 0)
    {
        if (depth > MaxDepth) throw new TemplateException("the values are nested too deep to compare");
        if (AsNumber(left) is { } a && AsNumber(right) is { } b) return a == b;
        return (left, right) switch
        {
            (TextValue x, TextValue y) => x.Text == y.Text,
            (NoneValue, NoneValue) or (UndefinedValue, UndefinedValue) => true,
            (ListValue x, ListValue y) => x.IsTuple == y.IsTuple && x.Items.Length == y.Items.Length && x.Items.Zip(y.Items).All(pair => AreEqual(pair.First, pair.Second, depth + 1)),
            (MapValue x, MapValue y) => x.Entries.Count == y.Entries.Count && x.Entries.All(entry => y.Entries.TryGetValue(entry.Key, out var other) && AreEqual(entry.Value, other, depth + 1)),
            _ => ReferenceEquals(left, right),
        };
    }

    public static int Compare(Value left, Value right)
    {
        if (AsNumber(left) is { } a && AsNumber(right) is { } b) return a.CompareTo(b);
        switch (left, right)
        {
            case (TextValue x, TextValue y): return string.CompareOrdinal(x.Text, y.Text);
            case (ListValue x, ListValue y):
                foreach (var (first, second) in x.Items.Zip(y.Items))
                    if (!AreEqual(first, second)) return Compare(first, second);
                return x.Items.Length.CompareTo(y.Items.Length);
            default: throw new TemplateException($"{left.KindName} and {right.KindName} have no order");
        }
    }

    public static bool Contains(Value container, Value item) => container switch
    {
        TextValue text => item is TextValue part ? text.Text.Contains(part.Text, StringComparison.Ordinal) : throw new TemplateException($"'in <string>' needs a string, not {item.KindName}"),
        MapValue map => item is TextValue key && map.Entries.ContainsKey(key.Text),
        _ => Iterate(container).Any(member => AreEqual(member, item)),
    };

    public static IEnumerable<Value> Iterate(Value value) => value switch
    {
        ListValue list => list.Items,
        MapValue map => map.Keys,
        TextValue text => Enumerable.Range(0, text.Text.Length).Select(at => text.Slice(at, 1)),
        UndefinedValue => [],
        _ => throw new TemplateException($"{value.KindName} cannot be iterated over"),
    };

    public static long Length(Value value) => value switch
    {
        ListValue list => list.Items.Length,
        MapValue map => map.Entries.Count,
        TextValue text => text.Text.Length,
        UndefinedValue => 0,
        _ => throw new TemplateException($"{value.KindName} has no length"),
    };

    public static double? AsNumber(Value value) => value switch
    {
        IntegerValue integer => integer.Number,
        FloatValue real => real.Number,
        BooleanValue flag => flag.IsTrue ? 1 : 0,
        _ => null,
    };
}
