using System.Globalization;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>A number in a range, both ends included.</summary>
internal sealed class NumberShape(double min, double max) : Shape(JsonKinds.Number)
{
    /// <summary>The least that is right.</summary>
    public double Min => min;

    /// <summary>The most that is right.</summary>
    public double Max => max;

    public override string Expected => "a decimal number";

    protected override bool CheckValue(ref Scan scan)
    {
        var readable = scan.Reader.TryGetDouble(out var value);
        if (readable && value >= min && value <= max)
        {
            return true;
        }

        if (!readable || !double.IsFinite(value))
        {
            return scan.Fail("invalid_value", "Invalid ", ": the number is too large to be represented.");
        }

        return value < min
            ? scan.Fail("decimal_below_min_value", "Invalid ", $": decimal below minimum value. Expected a value >= {Text(min)}, but got {Text(value)} instead.")
            : scan.Fail("decimal_above_max_value", "Invalid ", $": decimal above maximum value. Expected a value <= {Text(max)}, but got {Text(value)} instead.");
    }

    private static string Text(double value) => value.ToString("0.##########", CultureInfo.InvariantCulture) is { Length: <= 32 } text ? text : value.ToString("G6", CultureInfo.InvariantCulture);
}

/// <summary>A whole number in a range, both ends included, written without a fraction or an exponent.</summary>
internal sealed class IntegerShape(long min, long max) : Shape(JsonKinds.Number)
{
    /// <summary>The least that is right.</summary>
    public long Min => min;

    /// <summary>The most that is right.</summary>
    public long Max => max;

    public override string Expected => "an integer";

    protected override bool CheckValue(ref Scan scan)
    {
        if (!scan.Reader.TryGetInt64(out var value))
        {
            return scan.Actual() == "an integer"
                ? scan.Fail("invalid_value", "Invalid ", ": the integer does not fit into 64 bits.")
                : scan.Fail("invalid_type", "Invalid type for ", ": expected an integer, but got a decimal number instead.");
        }

        if (value >= min && value <= max)
        {
            scan.Integer = value;
            return true;
        }

        return value < min
            ? scan.Fail("integer_below_min_value", "Invalid ", $": integer below minimum value. Expected a value >= {Text(min)}, but got {Text(value)} instead.")
            : scan.Fail("integer_above_max_value", "Invalid ", $": integer above maximum value. Expected a value <= {Text(max)}, but got {Text(value)} instead.");
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
