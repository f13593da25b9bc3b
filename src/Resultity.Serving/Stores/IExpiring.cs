namespace Resultity.Serving.Stores;

/// <summary>A store whose rows end at an instant of their own. The sweeper asks each such store that is registered as one.</summary>
public interface IExpiring
{
    /// <summary>Deletes some of what has expired, the oldest first, with all that belongs to it.</summary>
    /// <returns>How many were deleted; fewer than <paramref name="limit"/> means that none is left.</returns>
    ValueTask<int> DeleteExpiredAsync(DateTimeOffset now, int limit, CancellationToken cancellation);
}
