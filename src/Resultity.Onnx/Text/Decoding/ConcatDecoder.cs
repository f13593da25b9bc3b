using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Text.Loading;

namespace Resultity.Onnx.Text.Decoding;

/// <summary>Runs a graph as exported: each step returns keys and values one token longer, which the next step takes.</summary>
/// <remarks>
/// <para>Rows that step together form one left-padded batch, rebuilt only when its members change. A row that is still being
/// prefilled keeps tensors of its own.</para>
/// <para>A graph without position_ids derives positions from the width, so padding would shift them: its rows step one by one.</para>
/// </remarks>
internal sealed class ConcatDecoder : Decoder
{
    // Logits are computed for every token of a chunk.
    private const int LargestLogits = 64 << 20;

    private readonly InferenceSession _session;
    private readonly DecoderSignature _signature;
    private readonly RunOptions _options = new();
    private readonly string[] _inputNames, _outputNames;
    private readonly OrtValue[] _inputs;
    private readonly int _fixedInputs;
    private readonly List<ConcatRow> _batch = [];
    private OrtValue[]? _batchCache;
    private int _width, _open, _vocabulary;
    private long[] _ids = [], _mask = [], _positions = [];

    /// <param name="session">The graph.</param>
    /// <param name="signature">Its inputs and outputs.</param>
    /// <param name="capacity">Rows.</param>
    /// <param name="vocabulary">Logits of one position; 0 if that is not known yet.</param>
    public ConcatDecoder(InferenceSession session, DecoderSignature signature, int capacity, int vocabulary)
    {
        (_session, _signature, Capacity, _vocabulary) = (session, signature, capacity, vocabulary);
        _inputNames = signature.HasPositions ? ["input_ids", "attention_mask", "position_ids", .. signature.Past] : ["input_ids", "attention_mask", .. signature.Past];
        _outputNames = ["logits", .. signature.Present];
        _inputs = new OrtValue[_inputNames.Length];
        _fixedInputs = _inputNames.Length - signature.Past.Length;
    }

    public override int Capacity { get; }

    public override int LongestPrefill => _vocabulary == 0 ? int.MaxValue : Math.Max(1, LargestLogits / (4 * _vocabulary));

    public override KvRow Open()
    {
        if (_open == Capacity) throw new InvalidOperationException("All rows are open.");
        _open++;
        return new ConcatRow();
    }

    public override void Prefill(KvRow row, ReadOnlySpan<int> tokens) => RunAlone((ConcatRow)row, tokens);

    public override void Step(ReadOnlySpan<KvRow> rows, ReadOnlySpan<int> tokens)
    {
        if (!_signature.HasPositions)
        {
            for (var i = 0; i < rows.Length; i++) RunAlone((ConcatRow)rows[i], tokens.Slice(i, 1));
            return;
        }
        if (!IsBatch(rows)) Rebuild(rows);
        int count = _batch.Count, total = _width + 1;
        Reserve(count, count * total);
        Array.Clear(_mask, 0, count * total);
        for (var i = 0; i < count; i++)
        {
            var row = _batch[i];
            _ids[i] = tokens[i];
            _positions[i] = row.Length;
            Array.Fill(_mask, 1, i * total + _width - row.Length, row.Length + 1);
        }
        // A run takes its cache over; if it fails, these rows are lost.
        var cache = _batchCache!;
        _batchCache = null;
        _batchCache = Run(cache, count, 1, total, out var logits);
        _width = total;
        using (logits)
        {
            if (Tensors.Count(logits, _signature.LogitsType) != count * _vocabulary) throw new InvalidOperationException($"The graph gave other than {_vocabulary} logits for each token.");
            for (var i = 0; i < count; i++)
            {
                _batch[i].Length++;
                Tensors.Read(logits, _signature.LogitsType, i * _vocabulary, _batch[i].Logits);
            }
        }
    }

    public override Span<float> Logits(KvRow row) => ((ConcatRow)row).Logits;

    public override KvSnapshot Save(KvRow row, int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, row.Length);
        int heads = _signature.Heads, bytes = _signature.Dimension * _signature.ElementBytes;
        var snapshot = new KvSnapshot(_signature.Past.Length * heads, tokens, bytes);
        for (var tensor = 0; tensor < _signature.Past.Length; tensor++)
            for (var head = 0; head < heads; head++)
                Tokens((ConcatRow)row, tensor, head, tokens).CopyTo(snapshot.Run(tensor * heads + head, tokens));
        return snapshot;
    }

    public override void Restore(KvRow row, KvSnapshot snapshot, int tokens)
    {
        var own = ((ConcatRow)row).Own = NewCache(1, tokens);
        int heads = _signature.Heads, bytes = tokens * _signature.Dimension * _signature.ElementBytes;
        for (var tensor = 0; tensor < own.Length; tensor++)
            for (var head = 0; head < heads; head++)
                snapshot.Run(tensor * heads + head, tokens).CopyTo(Tensors.Bytes(own[tensor]).Slice(head * bytes, bytes));
        row.Length = tokens;
    }

    public override void Close(KvRow row)
    {
        var closing = (ConcatRow)row;
        if (closing.Closed) return;
        closing.Closed = true;
        _open--;
        closing.DropOwn();
        // The batch keeps its place until the next step rebuilds it; an empty engine gives the memory back at once.
        if (_batch.TrueForAll(r => r.Closed)) DropBatch();
    }

    public override void Dispose()
    {
        DropBatch();
        _options.Dispose();
    }

    private bool IsBatch(ReadOnlySpan<KvRow> rows)
    {
        if (_batchCache is null || rows.Length != _batch.Count) return false;
        for (var i = 0; i < rows.Length; i++)
            if (!ReferenceEquals(rows[i], _batch[i]) || _batch[i].Own is not null) return false;
        return true;
    }

    private void Rebuild(ReadOnlySpan<KvRow> rows)
    {
        var width = 0;
        foreach (var row in rows) width = Math.Max(width, row.Length);
        var cache = NewCache(rows.Length, width);
        int heads = _signature.Heads, token = _signature.Dimension * _signature.ElementBytes;
        for (var tensor = 0; tensor < cache.Length; tensor++)
        {
            var target = Tensors.Bytes(cache[tensor]);
            for (var i = 0; i < rows.Length; i++)
                for (var head = 0; head < heads; head++)
                    Tokens((ConcatRow)rows[i], tensor, head, rows[i].Length).CopyTo(target[(((i * heads + head) * width + width - rows[i].Length) * token)..]);
        }
        foreach (var left in _batch)
            if (!left.Closed && !rows.Contains(left)) left.Own ??= Extract(left);
        DropBatch();
        (_batchCache, _width) = (cache, width);
        foreach (var row in rows)
        {
            ((ConcatRow)row).DropOwn();
            _batch.Add((ConcatRow)row);
        }
    }

    // One head's keys or values of a row's first tokens, wherever they are.
    private Span<byte> Tokens(ConcatRow row, int tensor, int head, int tokens)
    {
        var bytes = _signature.Dimension * _signature.ElementBytes;
        if (row.Own is { } own) return Tensors.Bytes(own[tensor]).Slice(head * row.Length * bytes, tokens * bytes);
        if (row.Length == 0) return [];
        var index = _batch.IndexOf(row);
        return Tensors.Bytes(_batchCache![tensor]).Slice(((index * _signature.Heads + head) * _width + _width - row.Length) * bytes, tokens * bytes);
    }

    // A row's keys and values in tensors of its own, out of the batch.
    private OrtValue[] Extract(ConcatRow row)
    {
        var own = NewCache(1, row.Length);
        var bytes = row.Length * _signature.Dimension * _signature.ElementBytes;
        for (var tensor = 0; tensor < own.Length && bytes > 0; tensor++)
            for (var head = 0; head < _signature.Heads; head++)
                Tokens(row, tensor, head, row.Length).CopyTo(Tensors.Bytes(own[tensor]).Slice(head * bytes, bytes));
        return own;
    }

    private void RunAlone(ConcatRow row, ReadOnlySpan<int> tokens)
    {
        int count = tokens.Length, total = row.Length + count;
        Reserve(count, total);
        for (var i = 0; i < count; i++)
        {
            _ids[i] = tokens[i];
            _positions[i] = row.Length + i;
        }
        Array.Fill(_mask, 1, 0, total);
        var cache = row.Own ?? Extract(row);
        row.Own = null;
        row.Own = Run(cache, 1, count, total, out var logits);
        row.Length = total;
        using (logits)
        {
            if (_vocabulary == 0) _vocabulary = checked((int)logits.GetTensorTypeAndShape().Shape[^1]);
            if (row.Logits.Length == 0) row.Logits = new float[_vocabulary];
            Tensors.Read(logits, _signature.LogitsType, Tensors.Count(logits, _signature.LogitsType) - _vocabulary, row.Logits);
        }
    }

    // Takes the cache over: it is disposed whether or not the run succeeds.
    private OrtValue[] Run(OrtValue[] cache, int rows, int count, int total, out OrtValue logits)
    {
        _inputs[0] = Tensors.Over(_ids, rows * count, rows, count);
        _inputs[1] = Tensors.Over(_mask, rows * total, rows, total);
        if (_signature.HasPositions) _inputs[2] = Tensors.Over(_positions, rows * count, rows, count);
        cache.CopyTo(_inputs, _fixedInputs);
        try
        {
            // Not disposed: its values become the next step's cache.
            var outputs = _session.Run(_options, _inputNames, _inputs, _outputNames);
            logits = outputs[0];
            var present = new OrtValue[cache.Length];
            for (var i = 0; i < present.Length; i++) present[i] = outputs[i + 1];
            return present;
        }
        finally
        {
            foreach (var input in _inputs) input.Dispose();
        }
    }

    private OrtValue[] NewCache(int rows, int width)
    {
        var cache = new OrtValue[_signature.Past.Length];
        for (var i = 0; i < cache.Length; i++) cache[i] = Tensors.Allocate(_signature.CacheType, rows, _signature.Heads, width, _signature.Dimension);
        return cache;
    }

    private void Reserve(int tokens, int mask)
    {
        if (_ids.Length < tokens) (_ids, _positions) = (new long[Math.Max(tokens, 64)], new long[Math.Max(tokens, 64)]);
        if (_mask.Length < mask) _mask = new long[Math.Max(mask, 2 * _mask.Length)];
    }

    private void DropBatch()
    {
        foreach (var value in _batchCache ?? []) value.Dispose();
        (_batchCache, _width) = (null, 0);
        _batch.Clear();
    }
}

/// <summary>A row of <see cref="ConcatDecoder"/>: with tensors of its own until it joins the batch.</summary>
internal sealed class ConcatRow : KvRow
{
    public OrtValue[]? Own { get; set; }
    public float[] Logits { get; set; } = [];
    public bool Closed { get; set; }

    public void DropOwn()
    {
        foreach (var value in Own ?? []) value.Dispose();
        Own = null;
    }
}
