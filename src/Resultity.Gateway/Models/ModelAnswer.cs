using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Models;

/// <summary>What models look like, for the published document.</summary>
internal static class ModelAnswer
{
    /// <summary>One model.</summary>
    public static ObjectShape One { get; } = new(
        new Field("id", StringShape.Any) { Required = true },
        new Field("object", new EnumShape("model")) { Required = true },
        new Field("created", new IntegerShape(0, long.MaxValue)) { Required = true },
        new Field("owned_by", StringShape.Any) { Required = true },
        new Field("endpoints", new ArrayShape(StringShape.Any)) { Required = true },
        new Field("context_length", new IntegerShape(1, int.MaxValue)),
        new Field("nodes", new IntegerShape(0, int.MaxValue)) { Required = true },
        new Field("slots", new IntegerShape(0, int.MaxValue)) { Required = true },
        new Field("running", new IntegerShape(0, int.MaxValue)) { Required = true },
        new Field("waiting", new IntegerShape(0, int.MaxValue)) { Required = true },
        new Field("ready", BoolShape.Instance) { Required = true },
        new Field("voices", new ArrayShape(StringShape.Any)),
        new Field("shards", AnyShape.Object),
        new Field("multimodel", MultimodelShapes.Multimodel));

    /// <summary>All models.</summary>
    public static ObjectShape List { get; } = new(
        new Field("object", new EnumShape("list")) { Required = true },
        new Field("data", new ArrayShape(One)) { Required = true },
        new Field("first_id", SharedShapes.NullableString) { Required = true },
        new Field("last_id", SharedShapes.NullableString) { Required = true },
        new Field("has_more", BoolShape.Instance) { Required = true });
}
