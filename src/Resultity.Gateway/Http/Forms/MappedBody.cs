using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using Resultity.Gateway.Http.Bodies;

namespace Resultity.Gateway.Http.Forms;

/// <summary>A body in a file, read as memory: the system brings pages in and takes them away, so that large uploads cost the process nothing.</summary>
internal sealed class MappedBody : RequestBody
{
    private readonly SafeFileHandle _file;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly MappedMemory _memory;

    /// <summary>Maps a file, whose handle belongs to the body from now on.</summary>
    public MappedBody(SafeFileHandle file, long length)
    {
        _file = file;
        _map = MemoryMappedFile.CreateFromFile(file, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _memory = new MappedMemory(_view.SafeMemoryMappedViewHandle, checked((int)(_view.PointerOffset)), (int)length);
    }

    public override ReadOnlyMemory<byte> Memory => _memory.Memory;

    public override void Dispose()
    {
        ((IDisposable)_memory).Dispose();
        _view.Dispose();
        _map.Dispose();
        _file.Dispose();
    }
}
