using System.Runtime.InteropServices;

namespace Resultity.Onnx.Grammars.Automata;

/// <summary>What makes two states the same: the same readings, in any order, and the same answer to whether the text may end.</summary>
internal readonly struct StateKey : IEquatable<StateKey>
{
    private readonly ulong[] _readings;
    private readonly bool _accepting;
    private readonly int _hash;

    private StateKey(ulong[] readings, bool accepting)
    {
        (_readings, _accepting) = (readings, accepting);
        var hash = new HashCode();
        hash.AddBytes(MemoryMarshal.AsBytes(readings.AsSpan()));
        hash.Add(accepting);
        _hash = hash.ToHashCode();
    }

    public static StateKey Of(List<Reading> readings, bool accepting)
    {
        var keys = new ulong[readings.Count];
        for (var i = 0; i < keys.Length; i++) keys[i] = ((ulong)(uint)readings[i].Next.Id << 32) | (uint)(readings[i].After?.Id ?? -1);
        Array.Sort(keys);
        return new StateKey(keys, accepting);
    }

    public bool Equals(StateKey other) => _accepting == other._accepting && _readings.AsSpan().SequenceEqual(other._readings);

    public override bool Equals(object? obj) => obj is StateKey other && Equals(other);

    public override int GetHashCode() => _hash;
}
