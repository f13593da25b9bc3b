using Microsoft.Win32.SafeHandles;
using Resultity.Gateway.Http.Bodies;

namespace Resultity.Gateway.Http.Forms;

/// <summary>A large body on its way into a file that nobody else sees and that is gone with its handle, also after a crash.</summary>
internal sealed class SpoolFile : IDisposable
{
    private SafeFileHandle? _handle;
    private long _length;

    private SpoolFile(SafeFileHandle handle) => _handle = handle;

    /// <summary>Makes the file.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static SpoolFile Create(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"resultity-body-{Path.GetRandomFileName()}");
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
        {
            // Here a file lives on without its name, as long as somebody has it open.
            File.Delete(path);
        }

        return new SpoolFile(handle);
    }

    /// <summary>Adds bytes at the end.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await RandomAccess.WriteAsync(_handle!, bytes, _length, cancellation);
        _length += bytes.Length;
    }

    /// <summary>Maps what was written. The file belongs to the body from now on.</summary>
    public RequestBody ToBody()
    {
        var body = new MappedBody(_handle!, _length);
        _handle = null;
        return body;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle?.Dispose();
}
