using System.Buffers;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>A request body in pooled memory.</summary>
internal sealed class PooledBody(byte[] array, int length) : RequestBody
{
    private byte[]? _array = array;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Memory => _array.AsMemory(0, length);

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
