using System.Buffers;
using System.Text.Json;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>An object whose names are the client's own, such as <c>metadata</c>.</summary>
internal sealed class MapShape(Shape value, int max = int.MaxValue, int maxKeyLength = int.MaxValue) : Shape(JsonKinds.Object)
{
    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789"u8);

    /// <summary>What each value looks like.</summary>
    public Shape Value => value;

    /// <summary>The greatest number of pairs.</summary>
    public int Max => max;

    /// <summary>The longest name, in bytes of UTF-8.</summary>
    public int MaxKeyLength => maxKeyLength;

    /// <summary>Whether the names are token ids.</summary>
    public bool KeysAreIntegers { get; init; }

    public override string Expected => "an object";

    protected override bool CheckValue(ref Scan scan)
    {
        var count = 0;
        for (scan.Next(); scan.Reader.TokenType is not JsonTokenType.EndObject; scan.Next())
        {
            var key = scan.Reader.ValueSpan;
            if (++count > max)
            {
                return scan.Fail("object_above_max_properties", "Invalid ", $": too many properties. Expected an object with at most {max} properties.");
            }

            if (key.Length > maxKeyLength)
            {
                return scan.Fail("property_name_above_max_length", "Invalid ", $": a property's name is too long. Expected names with maximum length {maxKeyLength}.");
            }

            if (KeysAreIntegers && (key.Length is 0 or > 10 || key.IndexOfAnyExcept(Digits) >= 0))
            {
                return scan.Fail("invalid_value", "Invalid ", ": a property's name is not a token id. Expected names that are non-negative integers.");
            }

            var name = scan.Reader.ValueIsEscaped ? default : key;
            scan.Next();
            if (!value.Check(ref scan))
            {
                return scan.Within(name.Length is 0 or > 64 ? "*" : System.Text.Encoding.UTF8.GetString(name));
            }
        }

        return true;
    }
}
