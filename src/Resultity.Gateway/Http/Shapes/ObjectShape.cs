using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>A field of an object.</summary>
internal sealed class Field(string name, Shape shape)
{
    /// <summary>The name on the wire.</summary>
    public string Name => name;

    /// <summary>What the value looks like.</summary>
    public Shape Shape => shape;

    /// <summary>Whether it has to be there.</summary>
    public bool Required { get; init; }

    /// <summary>Where the gateway keeps what it needs of the value.</summary>
    public Slot Slot { get; init; } = Slot.None;

    internal byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(name);

    internal int Index { get; set; }
}

/// <summary>
/// An object with known fields. Unknown fields are passed over, as OpenAI-compatible servers do: the runtime may know them.
/// A known field that comes twice is refused, because two readers of one body could each believe another one.
/// </summary>
internal sealed class ObjectShape : Shape
{
    private readonly Field[][] _byLength;
    private readonly ulong _required;
    private readonly ulong _oneOf;

    public ObjectShape(params Field[] fields)
        : base(JsonKinds.Object)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fields.Length, 64);
        Fields = fields;
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i].Index = i;
            _required |= fields[i].Required ? 1UL << i : 0;
        }

        _byLength = new Field[fields.Length == 0 ? 0 : fields.Max(field => field.Utf8.Length) + 1][];
        for (var length = 0; length < _byLength.Length; length++)
        {
            _byLength[length] = Array.FindAll(fields, field => field.Utf8.Length == length);
        }
    }

    /// <summary>The known fields.</summary>
    public IReadOnlyList<Field> Fields { get; }

    /// <summary>At least one of these has to be there and not be null; the first is what a message names.</summary>
    public IReadOnlyList<string> OneOf
    {
        get;
        init
        {
            field = value;
            foreach (var known in Fields.Where(known => value.Contains(known.Name)))
            {
                _oneOf |= 1UL << known.Index;
            }
        }
    }

    = [];

    public override string Expected => "an object";

    protected override bool CheckValue(ref Scan scan)
    {
        var (seen, present) = (0UL, 0UL);
        for (scan.Next(); scan.Reader.TokenType is not JsonTokenType.EndObject; scan.Next())
        {
            var field = Find(ref scan);
            scan.Next();
            if (field is null)
            {
                Skip(ref scan);
                continue;
            }

            var bit = 1UL << field.Index;
            if ((seen & bit) != 0)
            {
                scan.Fail("duplicate_parameter", "Duplicate parameter: ", " is given more than once. Give it once.");
                return scan.Within(field.Name);
            }

            seen |= bit;
            var token = scan.Reader.TokenType;
            present |= token is JsonTokenType.Null ? 0 : bit;
            var start = (int)scan.Reader.TokenStartIndex;
            if (!field.Shape.Check(ref scan))
            {
                return scan.Within(field.Name);
            }

            if (field.Slot is not Slot.None)
            {
                scan.Capture(field.Slot, token, start);
            }
        }

        if ((_required & ~seen) is not 0 and var missing)
        {
            return Missing(ref scan, Fields[BitOperations.TrailingZeroCount(missing)].Name);
        }

        return _oneOf == 0 || (_oneOf & present) != 0 || Missing(ref scan, OneOf[0]);
    }

    private static bool Missing(ref Scan scan, string name)
    {
        scan.Fail("missing_required_parameter", "Missing required parameter: ", ".");
        return scan.Within(name);
    }

    private Field? Find(ref Scan scan)
    {
        if (scan.Reader.ValueIsEscaped)
        {
            return FindEscaped(ref scan);
        }

        var name = scan.Reader.ValueSpan;
        if (name.Length < _byLength.Length)
        {
            foreach (var field in _byLength[name.Length])
            {
                if (name.SequenceEqual(field.Utf8))
                {
                    return field;
                }
            }
        }

        return null;
    }

    /// <summary>A name may be written with escapes, and is the same name.</summary>
    private Field? FindEscaped(ref Scan scan)
    {
        foreach (var field in Fields)
        {
            if (scan.Reader.ValueTextEquals(field.Utf8))
            {
                return field;
            }
        }

        return null;
    }
}
