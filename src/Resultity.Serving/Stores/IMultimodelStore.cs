namespace Resultity.Serving.Stores;

/// <summary>A multimodel that has a name.</summary>
/// <param name="Name">Its name, as clients write it for <c>model</c>.</param>
/// <param name="Spec">What it is: the JSON object that a request would have as <c>multimodel</c>.</param>
/// <param name="CreatedAt">When it got this meaning.</param>
public sealed record StoredMultimodel(string Name, string Spec, DateTimeOffset CreatedAt);

/// <summary>Multimodels that have a name.</summary>
/// <remarks>Safe for concurrent use. A write that has returned survives a power loss.</remarks>
public interface IMultimodelStore
{
    /// <summary>Every one, by name.</summary>
    ValueTask<IReadOnlyList<StoredMultimodel>> ListAsync(CancellationToken cancellation);

    /// <summary>Adds one, or gives another meaning to its name.</summary>
    ValueTask PutAsync(StoredMultimodel multimodel, CancellationToken cancellation);

    /// <summary>Removes one.</summary>
    /// <returns>Whether there was one.</returns>
    ValueTask<bool> DeleteAsync(string name, CancellationToken cancellation);
}
