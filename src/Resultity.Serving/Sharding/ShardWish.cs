using System.Text.Json.Serialization;

namespace Resultity.Serving.Sharding;

/// <summary>What an operator wants of a sharded model. Equal when all is equal, the nodes in their order included.</summary>
public sealed record ShardWish
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The nodes to use, by id or name, no others; empty for any.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>Over how many nodes it is spread at least, though fewer would do.</summary>
    /// <value>1</value>
    public int MinNodes { get; init; } = 1;

    /// <summary>Tokens of prompt and answer together; absent for what memory allows, up to 4096.</summary>
    public int? ContextLength { get; init; }

    /// <summary>How many requests run at once.</summary>
    /// <value>2</value>
    public int Slots { get; init; } = 2;

    /// <inheritdoc/>
    public bool Equals(ShardWish? other) =>
        other is not null && Model == other.Model && MinNodes == other.MinNodes && ContextLength == other.ContextLength && Slots == other.Slots && Nodes.SequenceEqual(other.Nodes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Model, MinNodes, ContextLength, Slots, Nodes.Count);
}

/// <summary>How wishes are kept.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ShardWish))]
public sealed partial class ShardWishJson : JsonSerializerContext;
