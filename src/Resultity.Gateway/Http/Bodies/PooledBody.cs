using System.Buffers;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>A request body in pooled memory. The holder disposes of it when nothing reads the body any more.</summary>
internal sealed class PooledBody(byte[] array, int length) : IDisposable
{
    private byte[]? _array = array;

    /// <summary>The bytes; valid until disposal.</summary>
    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, length);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
