using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Templates.Values;

/// <summary>A value of the template language: immutable, except for namespaces.</summary>
internal abstract class Value
{
    public static Value None { get; } = new NoneValue();
    public static Value True { get; } = new BooleanValue(true);
    public static Value False { get; } = new BooleanValue(false);

    /// <summary>What messages call the kind of value; the words are Python's.</summary>
    public abstract string KindName { get; }

    /// <summary>Python's truth value.</summary>
    public virtual bool IsTrue => true;

    public static Value Of(bool value) => value ? True : False;

    public static Value Of(long value) => new IntegerValue(value);

    public static Value Of(double value) => new FloatValue(value);

    public static TextValue Of(string value) => new(value, []);

    public static ListValue Of(IEnumerable<Value> items) => new([.. items]);
}

/// <summary>What a name stands for that has no value; using it for anything but a question is an error.</summary>
internal sealed class UndefinedValue(string name) : Value
{
    public string Name => name;
    public override string KindName => "undefined";
    public override bool IsTrue => false;
}

internal sealed class NoneValue : Value
{
    public override string KindName => "none";
    public override bool IsTrue => false;
}

internal sealed class BooleanValue(bool value) : Value
{
    public override string KindName => "bool";
    public override bool IsTrue => value;
}

internal sealed class IntegerValue(long number) : Value
{
    public long Number => number;
    public override string KindName => "int";
    public override bool IsTrue => number != 0;
}

internal sealed class FloatValue(double number) : Value
{
    public double Number => number;
    public override string KindName => "float";
    public override bool IsTrue => number != 0;
}

/// <summary>A list or a tuple.</summary>
internal sealed class ListValue(Value[] items, bool tuple = false) : Value
{
    public Value[] Items => items;
    public bool IsTuple => tuple;
    public override string KindName => tuple ? "tuple" : "list";
    public override bool IsTrue => items.Length > 0;
}

/// <summary>An ordered map with text keys.</summary>
/// <param name="entries">The entries in order.</param>
/// <param name="plain">True if the keys came from outside.</param>
internal sealed class MapValue(OrderedDictionary<string, Value> entries, bool plain = false) : Value
{
    public OrderedDictionary<string, Value> Entries => entries;
    public override string KindName => "dict";
    public override bool IsTrue => entries.Count > 0;

    public IEnumerable<Value> Keys => entries.Keys.Select(Key);

    public TextValue Key(string key) => plain && key.Length > 0 ? new(key, [new PlainRange(0, key.Length)]) : new(key, []);
}

/// <summary>The one value whose attributes a template may set.</summary>
internal sealed class NamespaceValue : Value
{
    public Dictionary<string, Value> Attributes { get; } = new(StringComparer.Ordinal);
    public override string KindName => "namespace";
}

/// <summary>Something that can be called: a macro, a method of a value, a function.</summary>
internal sealed class CallableValue(string name, Func<Arguments, Value> call) : Value
{
    public string Name => name;
    public Func<Arguments, Value> Call => call;
    public override string KindName => "function";
}
