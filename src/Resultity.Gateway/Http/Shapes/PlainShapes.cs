namespace Resultity.Gateway.Http.Shapes;

/// <summary>Only null.</summary>
internal sealed class NullShape() : Shape(JsonKinds.Null)
{
    public static NullShape Instance { get; } = new();

    public override string Expected => "null";

    protected override bool CheckValue(ref Scan scan) => true;
}

/// <summary>True or false.</summary>
internal sealed class BoolShape() : Shape(JsonKinds.Bool)
{
    public static BoolShape Instance { get; } = new();

    public override string Expected => "a boolean";

    protected override bool CheckValue(ref Scan scan) => true;
}

/// <summary>Any value of some kinds; its content is the runtime's matter.</summary>
internal sealed class AnyShape(JsonKinds kinds, string expected) : Shape(kinds)
{
    public static AnyShape Object { get; } = new(JsonKinds.Object, "an object");

    public static AnyShape ObjectOrNull { get; } = new(JsonKinds.Object | JsonKinds.Null, "an object");

    public static AnyShape Value { get; } = new(JsonKinds.Any, "any value");

    public override string Expected => expected;

    protected override bool CheckValue(ref Scan scan)
    {
        Skip(ref scan);
        return true;
    }
}
