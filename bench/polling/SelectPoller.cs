using System.Diagnostics;
using System.Net.Sockets;

namespace Resultity.Polling;

/// <summary>The portable poller, for systems without epoll.</summary>
internal sealed class SelectPoller : SocketPoller
{
    private readonly Dictionary<Socket, (IPollTarget Target, bool Read, bool Write)> _watched = [];
    private readonly List<Socket> _read = [], _write = [], _failed = [];

    public override void Add(IPollTarget target, bool read, bool write) => _watched.Add(target.Socket, (target, read, write));

    public override void Change(IPollTarget target, bool read, bool write) => _watched[target.Socket] = (target, read, write);

    public override void Remove(IPollTarget target) => _watched.Remove(target.Socket);

    public override void Wait(long ticks)
    {
        _read.Clear();
        _write.Clear();
        _failed.Clear();
        foreach (var (socket, watched) in _watched)
        {
            if (watched.Read) _read.Add(socket);
            if (watched.Write)
            {
                _write.Add(socket);
                _failed.Add(socket);
            }
        }

        Socket.Select(_read, _write, _failed, ticks < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds((double)ticks / Stopwatch.Frequency));
        foreach (var socket in _write.Concat(_failed).Distinct())
        {
            if (_watched.TryGetValue(socket, out var watched)) watched.Target.OnWritable();
        }

        foreach (var socket in _read)
        {
            if (_watched.TryGetValue(socket, out var watched)) watched.Target.OnReadable();
        }
    }
}
