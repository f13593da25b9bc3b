using System.Diagnostics.CodeAnalysis;

namespace Resultity.Contracts.Values;

/// <summary>A value, or the fault that stands in its place.</summary>
public readonly struct Outcome<T>
{
    private readonly T? _value;

    private Outcome(T? value, Fault? fault)
    {
        _value = value;
        Fault = fault;
    }

    /// <summary>Why there is no value; <see langword="null"/> on success.</summary>
    public Fault? Fault { get; }

    /// <summary>Takes the value, or the fault.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Fault? fault)
    {
        value = _value;
        fault = Fault;
        return fault is null;
    }

    /// <summary>A success.</summary>
    public static implicit operator Outcome<T>(T value) => new(value, null);

    /// <summary>A failure.</summary>
    public static implicit operator Outcome<T>(Fault fault) => new(default, fault);
}
