using System.Buffers;
using System.Text;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>A string with limits on its length, in UTF-16 code units, and perhaps on its characters.</summary>
internal sealed class StringShape(int minLength = 0, int maxLength = int.MaxValue) : Shape(JsonKinds.String)
{
    private SearchValues<byte>? _characters;

    /// <summary>Any string.</summary>
    public static StringShape Any { get; } = new();

    /// <summary>The shortest that is right.</summary>
    public int MinLength => minLength;

    /// <summary>The longest that is right.</summary>
    public int MaxLength => maxLength;

    /// <summary>The ASCII characters that it may have; <see langword="null"/> for any.</summary>
    public string? Characters
    {
        get;
        init
        {
            field = value;
            _characters = value is null ? null : SearchValues.Create(Encoding.ASCII.GetBytes(value));
        }
    }

    public override string Expected => "a string";

    protected override bool CheckValue(ref Scan scan)
    {
        var raw = scan.Reader.ValueSpan;
        if (raw.Length < minLength)
        {
            return scan.Fail("string_below_min_length", "Invalid ", minLength == 1
                ? ": empty string. Expected a string with minimum length 1, but got an empty string instead."
                : $": string too short. Expected a string with minimum length {minLength}.");
        }

        // Text never has more UTF-16 units than bytes as it is written here, so only long strings are counted.
        if (raw.Length > maxLength && Length(ref scan) is var length && length > maxLength)
        {
            return scan.Fail("string_above_max_length", "Invalid ", $": string too long. Expected a string with maximum length {maxLength}, but got a string with length {length} instead.");
        }

        return _characters is null || raw.IndexOfAnyExcept(_characters) < 0
            || scan.Fail("invalid_value", "Invalid ", $": the string has characters that are not allowed. Allowed: {Characters}");
    }

    private static int Length(ref Scan scan)
    {
        var raw = scan.Reader.ValueSpan;
        if (!scan.Reader.ValueIsEscaped)
        {
            return Encoding.UTF8.GetCharCount(raw);
        }

        var buffer = ArrayPool<char>.Shared.Rent(raw.Length);
        try
        {
            return scan.Reader.CopyString(buffer);
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate, which the check of the whole body names.
            return 0;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
    }
}

/// <summary>One of some fixed strings.</summary>
internal sealed class EnumShape : Shape
{
    private readonly byte[][] _utf8;

    public EnumShape(params string[] values)
        : base(JsonKinds.String)
    {
        Values = values;
        _utf8 = Array.ConvertAll(values, Encoding.UTF8.GetBytes);
    }

    /// <summary>The strings.</summary>
    public IReadOnlyList<string> Values { get; }

    public override string Expected => "a string";

    protected override bool CheckValue(ref Scan scan)
    {
        foreach (var value in _utf8)
        {
            if (Scan.TextEquals(ref scan.Reader, value))
            {
                return true;
            }
        }

        return scan.Fail("invalid_value", "Invalid value for ", $". Supported values are: {List(Values)}.");
    }

    /// <summary>Values as a sentence lists them.</summary>
    internal static string List(IEnumerable<string> values) => string.Join(", ", values.Select(value => $"'{value}'"));
}
