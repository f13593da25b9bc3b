namespace Resultity.Onnx.Text.Decoding;

/// <summary>Keys and values of the sequences that are computed together, and the session that extends them.</summary>
/// <remarks>Used by one thread at a time. A row belongs to the decoder that opened it.</remarks>
internal abstract class Decoder : IDisposable
{
    /// <summary>Most rows open at once.</summary>
    public abstract int Capacity { get; }

    /// <summary>Most tokens one <see cref="Prefill"/> takes, where the graph's outputs would otherwise grow too large.</summary>
    public virtual int LongestPrefill => int.MaxValue;

    /// <summary>Opens an empty row.</summary>
    /// <exception cref="InvalidOperationException">All are open.</exception>
    public abstract KvRow Open();

    /// <summary>Appends tokens to one row; the last one's logits can then be read.</summary>
    public abstract void Prefill(KvRow row, ReadOnlySpan<int> tokens);

    /// <summary>Appends one token to each of some rows in one run.</summary>
    public abstract void Step(ReadOnlySpan<KvRow> rows, ReadOnlySpan<int> tokens);

    /// <summary>The logits after the row's last token. They may be written on, and are valid until the next call of <see cref="Prefill"/> or <see cref="Step"/>.</summary>
    public abstract Span<float> Logits(KvRow row);

    /// <summary>Copies the first tokens' keys and values out.</summary>
    public abstract KvSnapshot Save(KvRow row, int tokens);

    /// <summary>Starts an empty row with keys and values from another one.</summary>
    public abstract void Restore(KvRow row, KvSnapshot snapshot, int tokens);

    /// <summary>Closes the row; its place is free.</summary>
    public abstract void Close(KvRow row);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>One sequence's place in a decoder.</summary>
internal abstract class KvRow
{
    /// <summary>Tokens whose keys and values it holds.</summary>
    public int Length { get; set; }
}
