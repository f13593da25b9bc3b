namespace Resultity.Gateway.Http.Streaming;

/// <summary>Counts the memory that kept events take, so that all streams together stay within a limit. Safe for concurrent use.</summary>
internal sealed class StreamMemory(long limit)
{
    private long _used;

    /// <summary>Bytes in use.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>Takes bytes if there are any.</summary>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    /// <summary>Corrects the count.</summary>
    public void Adjust(int bytes) => Interlocked.Add(ref _used, bytes);
}
