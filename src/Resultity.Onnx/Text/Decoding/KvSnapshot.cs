using System.Runtime.InteropServices;

namespace Resultity.Onnx.Text.Decoding;

/// <summary>Keys and values of one sequence, outside of any decoder: for each of its tensors, for each head, one run of tokens.</summary>
internal sealed unsafe class KvSnapshot : IDisposable
{
    private readonly int _runs;
    private readonly nuint _tokenBytes;
    private byte* _memory;

    /// <param name="runs">Tensors times heads.</param>
    /// <param name="tokens">Tokens of each run.</param>
    /// <param name="tokenBytes">Bytes of one token in one run.</param>
    public KvSnapshot(int runs, int tokens, int tokenBytes)
    {
        (_runs, Tokens, _tokenBytes) = (runs, tokens, (nuint)tokenBytes);
        _memory = (byte*)NativeMemory.Alloc((nuint)runs * (nuint)tokens, _tokenBytes);
    }

    ~KvSnapshot() => NativeMemory.Free(_memory);

    public int Tokens { get; }

    public long Bytes => (long)_runs * Tokens * (long)_tokenBytes;

    /// <summary>The first tokens of one run.</summary>
    public Span<byte> Run(int index, int tokens)
    {
        ObjectDisposedException.ThrowIf(_memory is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, Tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _runs);
        return new Span<byte>(_memory + (nuint)index * (nuint)Tokens * _tokenBytes, checked((int)((nuint)tokens * _tokenBytes)));
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        GC.SuppressFinalize(this);
    }
}
