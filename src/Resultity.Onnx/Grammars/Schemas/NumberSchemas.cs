using System.Numerics;
using System.Text.Json;
using Resultity.Onnx.Grammars.Automata;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Numbers, between bounds if there are some: those are followed digit by digit.</summary>
internal static class NumberSchemas
{
    private const int MaxDigits = 15;
    private const int Decimals = 4;
    private static readonly decimal Largest = (decimal)BigInteger.Pow(10, MaxDigits) - 1;

    public static Node Compile(SchemaCompiler compiler, JsonElement schema, string place, bool whole)
    {
        if (schema.Get("multipleOf") is { } step && !(whole && step.ValueKind == JsonValueKind.Number && step.GetDouble() == 1))
            throw new GrammarException(place, "uses 'multipleOf', which is not supported.");
        var (low, lowOpen) = Bound(schema, "minimum", "exclusiveMinimum", place, takeLarger: true);
        var (high, highOpen) = Bound(schema, "maximum", "exclusiveMaximum", place, takeLarger: false);
        if (low is null && high is null) return whole ? compiler.Json.Integer : compiler.Json.Number;
        var (from, to) = (Math.Max(low ?? -Largest, -Largest), Math.Min(high ?? Largest, Largest));
        var finest = whole ? 0 : Math.Min(MaxDigits - 3, Math.Max(Decimals, Math.Max((int)from.Scale, (int)to.Scale)));
        var options = new List<Node>();
        for (var decimals = 0; decimals <= finest; decimals++)
        {
            var (least, most) = (Scaled(from, decimals, up: true, low is not null && lowOpen), Scaled(to, decimals, up: false, high is not null && highOpen));
            var limit = BigInteger.Pow(10, MaxDigits) - 1;
            (least, most) = (BigInteger.Max(least, -limit), BigInteger.Min(most, limit));
            if (least > most) continue;
            if (most >= 0) Lengths(compiler, BigInteger.Max(least, 0), most, decimals, "", options);
            if (least < 0) Lengths(compiler, BigInteger.Max(1, -most), -least, decimals, "-", options);
        }
        return options.Count > 0 ? compiler.Builder.Choice([.. options]) : throw new GrammarException(place, "has bounds that no number keeps.");
    }

    private static (decimal? Value, bool Open) Bound(JsonElement schema, string closed, string open, string place, bool takeLarger)
    {
        var (inclusive, exclusive) = (Read(schema, closed, place), (decimal?)null);
        if (schema.Get(open) is { } value)
        {
            // In draft 4 the exclusive bound is a flag on the other one.
            if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return (inclusive, value.ValueKind == JsonValueKind.True);
            exclusive = Read(schema, open, place);
        }
        if (exclusive is null || inclusive is null) return (exclusive ?? inclusive, exclusive is not null);
        var tighter = takeLarger ? exclusive >= inclusive : exclusive <= inclusive;
        return tighter ? (exclusive, true) : (inclusive, false);
    }

    private static decimal? Read(JsonElement schema, string keyword, string place)
    {
        if (schema.Get(keyword) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number) throw new GrammarException(place, $"has '{keyword}', which must be a number.");
        var rough = value.GetDouble();
        if (Math.Abs(rough) > 1e15) return rough > 0 ? Largest + 1 : -Largest - 1;
        return value.TryGetDecimal(out var exact) ? exact : 0;
    }

    /// <summary>The bound in units of the last decimal place, rounded inwards.</summary>
    private static BigInteger Scaled(decimal bound, int decimals, bool up, bool open)
    {
        // A decimal is an integer over a power of ten; so this is exact.
        var parts = decimal.GetBits(bound);
        var mantissa = new BigInteger((uint)parts[0]) + (new BigInteger((uint)parts[1]) << 32) + (new BigInteger((uint)parts[2]) << 64);
        if (parts[3] < 0) mantissa = -mantissa;
        var numerator = mantissa * BigInteger.Pow(10, decimals);
        var denominator = BigInteger.Pow(10, bound.Scale);
        var floor = BigInteger.DivRem(numerator, denominator, out var rest);
        if (rest.Sign < 0) floor -= 1;
        if (rest.IsZero) return open ? up ? floor + 1 : floor - 1 : floor;
        return up ? floor + 1 : floor;
    }

    /// <summary>The numbers of each length; without leading zeros, but with one digit before the point.</summary>
    private static void Lengths(SchemaCompiler compiler, BigInteger least, BigInteger most, int decimals, string sign, List<Node> options)
    {
        for (var length = decimals + 1; length <= MaxDigits; length++)
        {
            var low = BigInteger.Max(least, length == decimals + 1 ? 0 : BigInteger.Pow(10, length - 1));
            var high = BigInteger.Min(most, BigInteger.Pow(10, length) - 1);
            if (low > high) continue;
            var digits = Range(compiler, Padded(low, length), Padded(high, length), decimals);
            options.Add(sign.Length > 0 ? compiler.Builder.Sequence(compiler.Builder.Literal(sign), digits) : digits);
        }
    }

    private static string Padded(BigInteger value, int length) => value.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(length, '0');

    /// <summary>Digit texts of one length from one to another, with the point before the last <paramref name="decimals"/>.</summary>
    private static Node Range(SchemaCompiler compiler, string low, string high, int decimals)
    {
        var b = compiler.Builder;
        if (low.Length == 0) return b.Empty;
        Node Point(Node rest) => low.Length == decimals ? b.Sequence(b.Byte('.'), rest) : rest;
        var (first, last) = (low[0], high[0]);
        if (first == last) return Point(b.Sequence(b.Byte(first), Range(compiler, low[1..], high[1..], decimals)));
        var (zeros, nines) = (new string('0', low.Length - 1), new string('9', low.Length - 1));
        var options = new List<Node>();
        var (from, to) = (first, last);
        if (low[1..] != zeros)
        {
            options.Add(b.Sequence(b.Byte(first), Range(compiler, low[1..], nines, decimals)));
            from++;
        }
        if (high[1..] != nines)
        {
            options.Add(b.Sequence(b.Byte(last), Range(compiler, zeros, high[1..], decimals)));
            to--;
        }
        if (from <= to) options.Add(b.Sequence(b.Bytes(ByteSet.Range((byte)from, (byte)to)), Any(compiler, low.Length - 1, decimals)));
        return Point(b.Choice([.. options]));
    }

    private static Node Any(SchemaCompiler compiler, int count, int decimals)
    {
        var b = compiler.Builder;
        if (count < decimals || decimals == 0) return b.Repeat(compiler.Json.Digit, count, count);
        return b.Sequence(b.Repeat(compiler.Json.Digit, count - decimals, count - decimals), b.Byte('.'), b.Repeat(compiler.Json.Digit, decimals, decimals));
    }
}
