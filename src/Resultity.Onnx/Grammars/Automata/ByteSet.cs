using System.Runtime.CompilerServices;

namespace Resultity.Onnx.Grammars.Automata;

/// <summary>A set of bytes.</summary>
[InlineArray(4)]
internal struct ByteSet
{
    private ulong _first;

    public static ByteSet Of(params ReadOnlySpan<byte> members)
    {
        var set = default(ByteSet);
        foreach (var member in members) set.Add(member);
        return set;
    }

    public static ByteSet Range(byte low, byte high)
    {
        var set = default(ByteSet);
        for (int value = low; value <= high; value++) set.Add((byte)value);
        return set;
    }

    public static ByteSet AllBut(params ReadOnlySpan<byte> members)
    {
        var set = Of(members);
        for (var i = 0; i < 4; i++) set[i] = ~set[i];
        return set;
    }

    public void Add(byte member) => this[member >> 6] |= 1UL << (member & 63);

    public readonly bool Contains(byte member) => (this[member >> 6] >> (member & 63) & 1) != 0;
}
