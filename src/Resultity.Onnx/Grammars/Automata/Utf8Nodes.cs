namespace Resultity.Onnx.Grammars.Automata;

/// <summary>Sets of code points as sequences of byte ranges of their UTF-8 forms.</summary>
internal static class Utf8Nodes
{
    private static readonly int[] Limits = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF];

    public static Node OneOf(GrammarBuilder builder, CodePoints points)
    {
        var ascii = default(ByteSet);
        var hasAscii = false;
        var options = new List<Node>();
        foreach (var (low, high) in points.Ranges)
        {
            for (var value = low; value <= Math.Min(high, 0x7F); value++)
            {
                ascii.Add((byte)value);
                hasAscii = true;
            }
            if (high > 0x7F) Split(builder, Math.Max(low, 0x80), high, options);
        }
        if (hasAscii) options.Insert(0, builder.Bytes(ascii));
        return builder.Choice([.. options]);
    }

    /// <summary>Cuts a range until each part is a product of byte ranges.</summary>
    private static void Split(GrammarBuilder builder, int low, int high, List<Node> options)
    {
        foreach (var limit in Limits)
        {
            if (low <= limit && high > limit)
            {
                Split(builder, low, limit, options);
                Split(builder, limit + 1, high, options);
                return;
            }
        }
        var length = low <= 0x7F ? 1 : low <= 0x7FF ? 2 : low <= 0xFFFF ? 3 : 4;
        for (var tail = 1; tail < length; tail++)
        {
            var mask = (1 << (6 * tail)) - 1;
            if ((low & ~mask) == (high & ~mask)) continue;
            if ((low & mask) != 0)
            {
                Split(builder, low, low | mask, options);
                Split(builder, (low | mask) + 1, high, options);
                return;
            }
            if ((high & mask) != mask)
            {
                Split(builder, low, (high & ~mask) - 1, options);
                Split(builder, high & ~mask, high, options);
                return;
            }
        }
        var first = Encode(low, length);
        var last = Encode(high, length);
        options.Add(builder.Sequence([.. first.Zip(last, (from, to) => builder.Bytes(ByteSet.Range(from, to)))]));
    }

    private static byte[] Encode(int value, int length)
    {
        var bytes = new byte[length];
        for (var i = length - 1; i > 0; i--, value >>= 6) bytes[i] = (byte)(0x80 | (value & 0x3F));
        bytes[0] = (byte)(length switch { 1 => value, 2 => 0xC0 | value, 3 => 0xE0 | value, _ => 0xF0 | value });
        return bytes;
    }
}
