using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Evaluation;

/// <summary>Names and their values; loops, macros and with-blocks open a scope of their own.</summary>
internal sealed class Scope(Scope? outer, Budget budget, TimeProvider time)
{
    /// <summary>The name, which no template can write, under which a block's captured output goes through its filters.</summary>
    public const string Captured = " captured";

    private Dictionary<string, Value>? _values;

    public Budget Budget => budget;

    public TimeProvider Time => time;

    public Scope Inner() => new(this, budget, time);

    public Value? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
            if (scope._values?.TryGetValue(name, out var value) == true) return value;
        return null;
    }

    public void Set(string name, Value value) => (_values ??= new(StringComparer.Ordinal))[name] = value;

    private Scope? Outer => outer;
}
