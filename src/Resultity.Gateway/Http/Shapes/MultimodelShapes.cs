using Resultity.Serving.Multimodel.Plans;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>The fields by which a request goes to several models. Every inference endpoint has them; they are not passed on to nodes.</summary>
internal static class MultimodelShapes
{
    private const int ModelLength = 256;
    private const int LongestTime = 24 * 60 * 60 * 1000;

    private static readonly StringShape Name = new(1, ModelLength);

    /// <summary>The members.</summary>
    public static ArrayShape Members { get; } = new(new UnionShape([Name, Member()]), 1, MultimodelSpec.MostModels);

    /// <summary><c>multimodel</c>.</summary>
    public static ObjectShape Multimodel { get; } = new([.. Fields()]);

    /// <summary>The model or the models. One of the three has to be there.</summary>
    public static IEnumerable<Field> Models() =>
    [
        SharedShapes.Model(),
        .. Several(),
    ];

    /// <summary>The models, if they are several.</summary>
    public static IEnumerable<Field> Several() =>
    [
        new("models", Members.OrNull()) { Slot = Slot.Models },
        new("multimodel", Multimodel.OrNull()) { Slot = Slot.Multimodel },
    ];

    /// <summary>The fields of <c>multimodel</c>.</summary>
    public static IEnumerable<Field> Fields() =>
    [
        new("mode", new EnumShape([.. MultimodelModes.Names]).OrNull()),
        new("models", Members.OrNull()),
        new("min_success", new IntegerShape(1, MultimodelSpec.MostModels).OrNull()),
        new("hedge_ms", new IntegerShape(0, LongestTime).OrNull()),
        new("timeout_ms", new IntegerShape(1, LongestTime).OrNull()),
        new("judge", Name.OrNull()),
        new("judge_mode", new EnumShape("choose", "synthesise").OrNull()),
        new("vote", Vote().OrNull()),
    ];

    private static ObjectShape Vote() => new(
        new Field("by", new EnumShape([.. Enum.GetNames<VoteBy>().Select(static by => by.ToLowerInvariant())]).OrNull()),
        new Field("quorum", new IntegerShape(1, MultimodelSpec.MostModels).OrNull()),
        new Field("model", Name.OrNull()));

    // What a member may see otherwise; further fields go to its node as they are.
    private static ObjectShape Member() => new(
        new Field("model", Name) { Required = true },
        new Field("system", StringShape.Any),
        new Field("temperature", new NumberShape(0, 2)),
        new Field("top_p", new NumberShape(0, 1)),
        new Field("max_tokens", new IntegerShape(1, int.MaxValue)),
        new Field("max_completion_tokens", new IntegerShape(1, int.MaxValue)),
        new Field("presence_penalty", new NumberShape(-2, 2)),
        new Field("frequency_penalty", new NumberShape(-2, 2)),
        new Field("seed", new IntegerShape(long.MinValue, long.MaxValue)),
        new Field("stop", new UnionShape([StringShape.Any, new ArrayShape(StringShape.Any, 0, 4)])),
        new Field("reasoning_effort", StringShape.Any));
}
