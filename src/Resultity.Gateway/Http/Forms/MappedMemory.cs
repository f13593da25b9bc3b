using System.Buffers;
using System.Runtime.InteropServices;

namespace Resultity.Gateway.Http.Forms;

/// <summary>A mapped view as managed memory. What is pinned keeps the view alive.</summary>
internal sealed unsafe class MappedMemory : MemoryManager<byte>
{
    private readonly SafeBuffer _view;
    private readonly int _length;
    private byte* _start;

    public MappedMemory(SafeBuffer view, int offset, int length)
    {
        (_view, _length) = (view, length);
        view.AcquirePointer(ref _start);
        _start += offset;
    }

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return new Span<byte>(_start, _length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length);
        var held = false;
        _view.DangerousAddRef(ref held);
        return new MemoryHandle(_start + elementIndex, default, this);
    }

    public override void Unpin() => _view.DangerousRelease();

    protected override void Dispose(bool disposing)
    {
        if (_start is not null)
        {
            _start = null;
            _view.ReleasePointer();
        }
    }
}
