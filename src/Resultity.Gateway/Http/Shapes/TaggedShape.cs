using System.Text;
using System.Text.Json;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>An object that one of its own fields, a string, tells the kind of: a message by its <c>role</c>, a content part by its <c>type</c>.</summary>
/// <remarks>The tag is looked for ahead, so it need not come first.</remarks>
internal sealed class TaggedShape(string tag, params Case[] cases) : Shape(JsonKinds.Object)
{
    private readonly byte[] _tag = Encoding.UTF8.GetBytes(tag);

    /// <summary>The field that tells the kind.</summary>
    public string Tag => tag;

    /// <summary>The kinds.</summary>
    public IReadOnlyList<Case> Cases => cases;

    public override string Expected => "an object";

    protected override bool CheckValue(ref Scan scan)
    {
        var ahead = scan.Reader;
        for (ahead.Read(); ahead.TokenType is JsonTokenType.PropertyName; ahead.Read())
        {
            var found = Scan.TextEquals(ref ahead, _tag);
            ahead.Read();
            if (found)
            {
                return CheckCase(ref scan, ref ahead);
            }

            ahead.Skip();
        }

        scan.Fail("missing_required_parameter", "Missing required parameter: ", ".");
        return scan.Within(tag);
    }

    private bool CheckCase(ref Scan scan, ref Utf8JsonReader ahead)
    {
        if (ahead.TokenType is not JsonTokenType.String)
        {
            scan.Reader = ahead;
            scan.Fail("invalid_type", "Invalid type for ", $": expected a string, but got {scan.Actual()} instead.");
            return scan.Within(tag);
        }

        foreach (var candidate in cases)
        {
            if (Scan.TextEquals(ref ahead, candidate.Utf8))
            {
                return Check(ref scan, candidate);
            }
        }

        scan.Fail("invalid_value", "Invalid value for ", $". Supported values are: {EnumShape.List(cases.Select(candidate => candidate.Value))}.");
        return scan.Within(tag);
    }

    private static bool Check(ref Scan scan, Case candidate)
    {
        var start = (int)scan.Reader.TokenStartIndex;
        if (!candidate.Shape.Check(ref scan))
        {
            return false;
        }

        if (candidate.Slot is not Slot.None)
        {
            scan.Capture(candidate.Slot, JsonTokenType.StartObject, start);
        }

        return true;
    }
}

/// <summary>One kind of a tagged object.</summary>
internal sealed record Case(string Value, ObjectShape Shape)
{
    /// <summary>Where the gateway keeps the first object of this kind.</summary>
    public Slot Slot { get; init; } = Slot.None;

    internal byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(Value);
}
