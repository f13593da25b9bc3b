using Resultity.Serving.Sharding;

namespace Resultity.Serving.Stores;

/// <summary>What operators want of sharded models; one wish a model.</summary>
/// <remarks>Safe for concurrent use. A write that has returned survives a power loss.</remarks>
public interface IShardStore
{
    /// <summary>All wishes, by model.</summary>
    ValueTask<IReadOnlyList<ShardWish>> ListAsync(CancellationToken cancellation);

    /// <summary>Keeps a wish in place of the model's former one.</summary>
    ValueTask PutAsync(ShardWish wish, DateTimeOffset at, CancellationToken cancellation);

    /// <summary>Forgets a model's wish.</summary>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> DeleteAsync(string model, CancellationToken cancellation);
}
