namespace Resultity.Serving.Batches;

/// <summary>Reads lines of the input by their places; lines that stand close together share one read. For one reader.</summary>
internal sealed class LineSource(Stream input) : IAsyncDisposable
{
    private const int Block = 256 * 1024;

    private byte[] _block = new byte[Block];
    private long _start;
    private int _length;

    /// <summary>Reads one line; the bytes are the caller's.</summary>
    public async ValueTask<byte[]> ReadAsync(LinePlace place, CancellationToken cancellation)
    {
        if (place.Offset < _start || place.Offset + place.Length > _start + _length)
        {
            if (_block.Length < place.Length)
            {
                _block = new byte[place.Length];
            }

            input.Position = _start = place.Offset;
            _length = await input.ReadAtLeastAsync(_block, place.Length, throwOnEndOfStream: true, cancellation).ConfigureAwait(false);
        }

        return _block.AsSpan((int)(place.Offset - _start), place.Length).ToArray();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => input.DisposeAsync();
}
