using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Resultity.Polling;

/// <summary>epoll(7), level-triggered. A registered socket's slot in a table travels as the event's data.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class EpollPoller : SocketPoller
{
    private const int Batch = 512;
    private const int Register = 1, Unregister = 2, Modify = 3;
    private const uint In = 0x1, Out = 0x4, Error = 0x8, HangUp = 0x10, PeerClosed = 0x2000;

    // struct epoll_event is packed on x86 and x64 only.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;
    private static readonly int EventSize = DataOffset + 8;

    private readonly int _epoll;
    private readonly byte[] _events = GC.AllocateUninitializedArray<byte>(Batch * 16, pinned: true);
    private readonly Dictionary<IPollTarget, int> _slotOf = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<int> _free = new();
    private IPollTarget?[] _targets = new IPollTarget?[1024];
    private int _used;
    private bool _preciseWait = true;

    public EpollPoller()
    {
        _epoll = epoll_create1(0);
        if (_epoll < 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    public override void Add(IPollTarget target, bool read, bool write)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _used++;
            if (slot == _targets.Length) Array.Resize(ref _targets, _targets.Length * 2);
        }

        _targets[slot] = target;
        _slotOf.Add(target, slot);
        Control(Register, target, slot, read, write);
    }

    public override void Change(IPollTarget target, bool read, bool write) => Control(Modify, target, _slotOf[target], read, write);

    public override void Remove(IPollTarget target)
    {
        if (!_slotOf.Remove(target, out var slot)) return;
        Control(Unregister, target, slot, false, false);
        _targets[slot] = null;
        _free.Push(slot);
    }

    public override unsafe void Wait(long ticks)
    {
        int ready;
        fixed (byte* events = _events) ready = WaitCore(events, ticks);
        for (var i = 0; i < ready; i++)
        {
            var one = _events.AsSpan(i * EventSize, EventSize);
            var flags = BinaryPrimitives.ReadUInt32LittleEndian(one);
            var slot = BinaryPrimitives.ReadInt32LittleEndian(one[DataOffset..]);
            if ((flags & Out) != 0) _targets[slot]?.OnWritable();
            if ((flags & (In | PeerClosed | Error | HangUp)) != 0) _targets[slot]?.OnReadable();
        }
    }

    protected override void Dispose(bool disposing)
    {
        _ = close(_epoll);
        base.Dispose(disposing);
    }

    private unsafe int WaitCore(byte* events, long ticks)
    {
        if (_preciseWait && ticks > 0)
        {
            var nanoseconds = (long)(ticks * (1e9 / Stopwatch.Frequency));
            var limit = stackalloc long[] { nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000 };
            try
            {
                var ready = epoll_pwait2(_epoll, events, Batch, limit, null);
                if (ready >= 0 || Marshal.GetLastPInvokeError() != ENOSYS) return ready;
            }
            catch (EntryPointNotFoundException)
            {
                // An older C library: below, with whole milliseconds.
            }

            _preciseWait = false;
        }

        return epoll_wait(_epoll, events, Batch, ticks < 0 ? -1 : (int)Math.Min(ticks * 1000 / Stopwatch.Frequency, 60_000));
    }

    private unsafe void Control(int operation, IPollTarget target, int slot, bool read, bool write)
    {
        var one = stackalloc byte[16];
        var span = new Span<byte>(one, 16);
        BinaryPrimitives.WriteUInt32LittleEndian(span, (read ? In | PeerClosed : 0) | (write ? Out : 0));
        BinaryPrimitives.WriteInt64LittleEndian(span[DataOffset..], slot);
        if (epoll_ctl(_epoll, operation, (int)target.Socket.Handle, one) != 0 && operation != Unregister)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

#pragma warning disable IDE1006, SYSLIB1054 // the C library's own names
    private const int ENOSYS = 38;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_ctl(int epoll, int operation, int descriptor, byte* change);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_wait(int epoll, byte* events, int capacity, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_pwait2(int epoll, byte* events, int capacity, long* limit, void* signals);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
#pragma warning restore IDE1006, SYSLIB1054
}
