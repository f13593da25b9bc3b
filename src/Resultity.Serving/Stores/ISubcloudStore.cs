using Resultity.Serving.Subclouds;

namespace Resultity.Serving.Stores;

/// <summary>The subclouds and their members.</summary>
/// <remarks>Safe for concurrent use. A write that has returned survives a power loss.</remarks>
public interface ISubcloudStore
{
    /// <summary>Every subcloud, by name.</summary>
    ValueTask<IReadOnlyList<Subcloud>> ListAsync(CancellationToken cancellation);

    /// <summary>Adds a subcloud.</summary>
    /// <returns><see langword="false"/> if there is one of that name; nothing is changed then.</returns>
    ValueTask<bool> AddAsync(Subcloud subcloud, CancellationToken cancellation);

    /// <summary>Replaces what is said of a subcloud, all but its name and its time of creation.</summary>
    /// <returns><see langword="false"/> if there is none of that name.</returns>
    ValueTask<bool> UpdateAsync(Subcloud subcloud, CancellationToken cancellation);

    /// <summary>Deletes a subcloud with its memberships and the join tokens that lead to it.</summary>
    /// <returns><see langword="false"/> if there is none of that name.</returns>
    ValueTask<bool> DeleteAsync(string name, CancellationToken cancellation);

    /// <summary>Every membership, the pending ones included, by time.</summary>
    ValueTask<IReadOnlyList<SubcloudMember>> ListMembersAsync(CancellationToken cancellation);

    /// <summary>Adds a membership or replaces it; its time stays that of the first.</summary>
    /// <returns><see langword="false"/> if the subcloud or the node does not exist.</returns>
    ValueTask<bool> PutMemberAsync(SubcloudMember member, CancellationToken cancellation);

    /// <summary>Ends a membership.</summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    ValueTask<bool> RemoveMemberAsync(string subcloud, string nodeId, CancellationToken cancellation);
}
