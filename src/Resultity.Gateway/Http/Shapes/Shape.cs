using System.Text.Json;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>
/// What a JSON value has to look like. One description serves three ends: checking requests, the schemas in the OpenAPI document,
/// and the test that makes wrong requests.
/// </summary>
internal abstract class Shape(JsonKinds kinds)
{
    /// <summary>The kinds of values that can be right, by their first token.</summary>
    public JsonKinds Kinds { get; } = kinds;

    /// <summary>What is expected, as a sentence says it: "a string".</summary>
    public abstract string Expected { get; }

    /// <summary>What the value means, for the published schema.</summary>
    public string? Description { get; init; }

    /// <summary>Checks a value of one of <see cref="Kinds"/>. The reader stands on its first token, and afterwards on its last.</summary>
    protected abstract bool CheckValue(ref Scan scan);

    /// <summary>Checks a value. The reader stands on its first token, and afterwards on its last.</summary>
    public bool Check(ref Scan scan)
    {
        var kind = scan.Reader.TokenType.Kind();
        if ((kind & Kinds) == 0)
        {
            return scan.Fail("invalid_type", "Invalid type for ", $": expected {Expected}, but got {scan.Actual()} instead.");
        }

        return CheckValue(ref scan);
    }

    /// <summary>The same shape, or null.</summary>
    public Shape OrNull() => new UnionShape([this, NullShape.Instance]);

    /// <summary>Moves past a value of any kind.</summary>
    protected static void Skip(ref Scan scan)
    {
        if (scan.Reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            scan.Reader.Skip();
        }
    }
}
