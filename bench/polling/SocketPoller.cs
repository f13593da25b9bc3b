namespace Resultity.Polling;

/// <summary>Watches many non-blocking sockets from one thread and tells which can make progress (level-triggered).</summary>
/// <remarks>
/// Not thread-safe: every member is called by the thread that runs the loop. On Linux this is epoll; elsewhere it is
/// <see cref="System.Net.Sockets.Socket.Select(System.Collections.IList, System.Collections.IList, System.Collections.IList, TimeSpan)"/>,
/// which is right but slow beyond some hundred sockets.
/// </remarks>
public abstract class SocketPoller : IDisposable
{
    /// <summary>The best poller of this operating system; the caller disposes it.</summary>
    public static SocketPoller Create() => OperatingSystem.IsLinux() ? new EpollPoller() : new SelectPoller();

    /// <summary>Starts to watch a socket.</summary>
    public abstract void Add(IPollTarget target, bool read, bool write);

    /// <summary>Changes what is watched of a socket that was added.</summary>
    public abstract void Change(IPollTarget target, bool read, bool write);

    /// <summary>Stops watching; call it before the socket is closed.</summary>
    public abstract void Remove(IPollTarget target);

    /// <summary>Waits until a socket is ready or the time is over, and calls the targets that are ready.</summary>
    /// <param name="ticks">At most this long, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; negative is forever.</param>
    public abstract void Wait(long ticks);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the poller holds of the operating system.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
