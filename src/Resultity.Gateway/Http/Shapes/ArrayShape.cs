using System.Text.Json;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>An array of one kind of elements.</summary>
internal sealed class ArrayShape(Shape item, int min = 0, int max = int.MaxValue) : Shape(JsonKinds.Array)
{
    /// <summary>What each element looks like.</summary>
    public Shape Item => item;

    /// <summary>The least number of elements.</summary>
    public int Min => min;

    /// <summary>The greatest number of elements.</summary>
    public int Max => max;

    public override string Expected { get; } = "an array of " + Plural(item);

    protected override bool CheckValue(ref Scan scan)
    {
        var count = 0;
        for (scan.Next(); scan.Reader.TokenType is not JsonTokenType.EndArray; scan.Next())
        {
            if (count == max)
            {
                return scan.Fail("array_above_max_length", "Invalid ", $": array too long. Expected an array with maximum length {max}, but got a longer one instead.");
            }

            if (!item.Check(ref scan))
            {
                return scan.Within(count);
            }

            count++;
        }

        if (count >= min)
        {
            return true;
        }

        return count == 0
            ? scan.Fail("empty_array", "Invalid ", $": empty array. Expected an array with minimum length {min}, but got an empty array instead.")
            : scan.Fail("array_below_min_length", "Invalid ", $": array too short. Expected an array with minimum length {min}, but got an array with length {count} instead.");
    }

    private static string Plural(Shape item) => item switch
    {
        StringShape or EnumShape => "strings",
        IntegerShape => "integers",
        NumberShape => "numbers",
        ArrayShape inner => "arrays of " + Plural(inner.Item),
        UnionShape { Options: [StringShape, ObjectShape] } => "strings or objects",
        _ => "objects",
    };
}
