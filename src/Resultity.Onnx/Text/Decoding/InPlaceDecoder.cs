using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Text.Loading;

namespace Resultity.Onnx.Text.Decoding;

/// <summary>Runs a graph whose attention appends keys and values in place: one buffer per tensor, a fixed stretch of it per row.</summary>
/// <remarks>
/// <para>A buffer is [rows, heads, room, dimension]. A run sees its first rows, or one of them, through a tensor over the same memory,
/// which is input and output at once; so nothing is copied per step. Rows that step together must be the first ones: a row that
/// is not changes places when it starts to, once.</para>
/// <para>The room doubles when a row outgrows it, and is given back when no row is open.</para>
/// </remarks>
internal sealed unsafe class InPlaceDecoder : Decoder
{
    private const int LargestLogits = 64 << 20, FirstRoom = 256;

    private readonly InferenceSession _session;
    private readonly DecoderSignature _signature;
    private readonly bool _lastLogitsOnly;
    private readonly int _context;
    private readonly RunOptions _options = new();
    private readonly InPlaceRow?[] _places;
    private readonly Binding?[] _steps;
    private readonly int[] _marked;
    private readonly nuint _tokenBytes;
    private byte*[] _buffers = [];
    private long* _mask;
    private int _room;

    /// <param name="session">The graph.</param>
    /// <param name="signature">Its inputs and outputs.</param>
    /// <param name="capacity">Rows.</param>
    /// <param name="context">Longest row.</param>
    /// <param name="vocabulary">Logits of one position; 0 if that is not known yet.</param>
    /// <param name="lastLogitsOnly">Whether the graph gives logits of the last position only.</param>
    public InPlaceDecoder(InferenceSession session, DecoderSignature signature, int capacity, int context, int vocabulary, bool lastLogitsOnly)
    {
        (_session, _signature, _context, Vocabulary, _lastLogitsOnly) = (session, signature, context, vocabulary, lastLogitsOnly);
        _places = new InPlaceRow?[capacity];
        _steps = new Binding?[capacity + 1];
        _marked = new int[capacity];
        _tokenBytes = (nuint)(signature.Dimension * signature.ElementBytes);
    }

    public override int Capacity => _places.Length;

    public override int LongestPrefill => _lastLogitsOnly || Vocabulary == 0 ? int.MaxValue : Math.Max(1, LargestLogits / (4 * Vocabulary));

    private int Vocabulary { get; set; }

    public override KvRow Open()
    {
        var place = Array.IndexOf(_places, null);
        if (place < 0) throw new InvalidOperationException("All rows are open.");
        return _places[place] = new InPlaceRow { Place = place };
    }

    public override void Prefill(KvRow row, ReadOnlySpan<int> tokens)
    {
        MakeRoom(row.Length + tokens.Length);
        using var binding = new Binding(this, ((InPlaceRow)row).Place, 1, tokens.Length);
        for (var i = 0; i < tokens.Length; i++) binding.Set(i, tokens[i], row.Length + i);
        binding.Run();
        row.Length += tokens.Length;
        binding.Read(_lastLogitsOnly ? 0 : tokens.Length - 1, (InPlaceRow)row);
    }

    public override void Step(ReadOnlySpan<KvRow> rows, ReadOnlySpan<int> tokens)
    {
        var longest = 0;
        foreach (var row in rows) longest = Math.Max(longest, row.Length);
        MakeRoom(longest + 1);
        MoveToFront(rows);
        var binding = _steps[rows.Length] ??= new Binding(this, 0, rows.Length, 1);
        for (var i = 0; i < rows.Length; i++) binding.Set(((InPlaceRow)rows[i]).Place, tokens[i], rows[i].Length);
        binding.Run();
        foreach (var row in rows)
        {
            row.Length++;
            binding.Read(((InPlaceRow)row).Place, (InPlaceRow)row);
        }
    }

    public override Span<float> Logits(KvRow row) => ((InPlaceRow)row).Logits;

    public override KvSnapshot Save(KvRow row, int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, row.Length);
        var snapshot = new KvSnapshot(_signature.Past.Length * _signature.Heads, tokens, (int)_tokenBytes);
        for (var run = 0; run < _signature.Past.Length * _signature.Heads; run++)
            Tokens(((InPlaceRow)row).Place, run, tokens).CopyTo(snapshot.Run(run, tokens));
        return snapshot;
    }

    public override void Restore(KvRow row, KvSnapshot snapshot, int tokens)
    {
        MakeRoom(tokens);
        for (var run = 0; run < _signature.Past.Length * _signature.Heads; run++)
            snapshot.Run(run, tokens).CopyTo(Tokens(((InPlaceRow)row).Place, run, tokens));
        row.Length = tokens;
    }

    public override void Close(KvRow row)
    {
        var place = ((InPlaceRow)row).Place;
        if (!ReferenceEquals(_places[place], row)) return;
        _places[place] = null;
        if (_room > FirstRoom && Array.TrueForAll(_places, p => p is null)) Free();
    }

    public override void Dispose()
    {
        Free();
        _options.Dispose();
    }

    // One head's keys or values in one place; a run is a tensor and a head.
    private Span<byte> Tokens(int place, int run, int tokens)
    {
        var (tensor, head) = Math.DivRem(run, _signature.Heads);
        return new Span<byte>(_buffers[tensor] + ((nuint)(place * _signature.Heads + head) * (nuint)_room) * _tokenBytes, checked((int)((nuint)tokens * _tokenBytes)));
    }

    private void MoveToFront(ReadOnlySpan<KvRow> rows)
    {
        foreach (InPlaceRow row in rows)
        {
            if (row.Place < rows.Length) continue;
            var target = 0;
            while (_places[target] is { } occupant && rows.Contains(occupant)) target++;
            Exchange(row, target);
        }
    }

    private void Exchange(InPlaceRow row, int target)
    {
        var (from, other) = (row.Place, _places[target]);
        using var moved = other is { Length: > 0 } ? Save(other, other.Length) : null;
        for (var run = 0; run < _signature.Past.Length * _signature.Heads; run++) Tokens(from, run, row.Length).CopyTo(Tokens(target, run, row.Length));
        (_places[target], _places[from]) = (row, other);
        row.Place = target;
        if (other is null) return;
        other.Place = from;
        if (moved is not null) Restore(other, moved, other.Length);
    }

    private void MakeRoom(int tokens)
    {
        if (tokens <= _room) return;
        if (tokens > _context) throw new InvalidOperationException($"A sequence of {tokens} tokens is longer than the context of {_context}.");
        var room = Math.Min(_context, Math.Max(Math.Max(FirstRoom, 2 * _room), tokens));
        var buffers = new byte*[_signature.Past.Length];
        // Pages that no row reaches stay unused, as the system hands them out zeroed when touched.
        for (var i = 0; i < buffers.Length; i++) buffers[i] = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * _signature.Heads) * (nuint)room, _tokenBytes);
        foreach (var row in _places)
        {
            if (row is not { Length: > 0 }) continue;
            for (var run = 0; run < buffers.Length * _signature.Heads; run++)
            {
                var (tensor, head) = Math.DivRem(run, _signature.Heads);
                Tokens(row.Place, run, row.Length).CopyTo(new Span<byte>(buffers[tensor] + (nuint)(row.Place * _signature.Heads + head) * (nuint)room * _tokenBytes, int.MaxValue));
            }
        }
        Free();
        (_buffers, _room) = (buffers, room);
        _mask = (long*)NativeMemory.AllocZeroed((nuint)Capacity * (nuint)room, sizeof(long));
    }

    // The mask says how many tokens each place holds; only what has changed is written.
    private void Mark(int place, int tokens)
    {
        var mask = new Span<long>(_mask + (long)place * _room, _room);
        ref var marked = ref _marked[place];
        if (marked < tokens) mask[marked..tokens].Fill(1);
        else mask[tokens..marked].Clear();
        marked = tokens;
    }

    private void Free()
    {
        Array.Clear(_marked);
        for (var i = 0; i < _steps.Length; i++)
        {
            _steps[i]?.Dispose();
            _steps[i] = null;
        }
        foreach (var buffer in _buffers) NativeMemory.Free(buffer);
        NativeMemory.Free(_mask);
        (_buffers, _room) = ([], 0);
        _mask = null;
    }

    /// <summary>Tensors over a stretch of rows, bound as inputs and outputs of one shape of run.</summary>
    private sealed class Binding : IDisposable
    {
        private readonly InPlaceDecoder _decoder;
        private readonly OrtIoBinding _binding;
        private readonly List<OrtValue> _values = [];
        private readonly long[] _ids, _positions;
        private readonly OrtValue? _logits;
        private readonly int _first, _count;

        public Binding(InPlaceDecoder decoder, int first, int rows, int tokens)
        {
            (_decoder, _first, _count) = (decoder, first, tokens);
            var signature = decoder._signature;
            _binding = decoder._session.CreateIoBinding();
            _ids = GC.AllocateArray<long>(rows * tokens, pinned: true);
            _positions = GC.AllocateArray<long>(rows * tokens, pinned: true);
            Bind("input_ids", Over(_ids, rows, tokens));
            if (signature.HasPositions) Bind("position_ids", Over(_positions, rows, tokens));
            Bind("attention_mask", Native(TensorElementType.Int64, decoder._mask + (long)first * decoder._room, sizeof(long), rows, decoder._room));
            for (var i = 0; i < signature.Past.Length; i++)
            {
                var stretch = decoder._buffers[i] + (nuint)(first * signature.Heads) * (nuint)decoder._room * decoder._tokenBytes;
                var value = Native(signature.CacheType, stretch, signature.ElementBytes, rows, signature.Heads, decoder._room, signature.Dimension);
                Bind(signature.Past[i], value);
                _binding.BindOutput(signature.Present[i], value);
            }
            if (decoder.Vocabulary > 0)
            {
                _logits = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, signature.LogitsType, [rows, decoder._lastLogitsOnly ? 1 : tokens, decoder.Vocabulary]);
                _values.Add(_logits);
                _binding.BindOutput("logits", _logits);
            }
            else _binding.BindOutputToDevice("logits", OrtMemoryInfo.DefaultInstance);
        }

        /// <summary>Sets one token of the run and marks it in the row's mask.</summary>
        public void Set(int index, int token, int position)
        {
            (_ids[index], _positions[index]) = (token, position);
            _decoder.Mark(_first + index / _count, position + 1);
        }

        public void Run() => _decoder._session.RunWithBinding(_decoder._options, _binding);

        public void Read(int index, InPlaceRow row)
        {
            var (logits, type) = (_logits, _decoder._signature.LogitsType);
            if (logits is null)
            {
                using var outputs = _binding.GetOutputValues();
                logits = outputs[^1];
                _decoder.Vocabulary = checked((int)logits.GetTensorTypeAndShape().Shape[^1]);
                Copy();
            }
            else Copy();

            void Copy()
            {
                if (row.Logits.Length == 0) row.Logits = new float[_decoder.Vocabulary];
                Tensors.Read(logits, type, index * _decoder.Vocabulary, row.Logits);
            }
        }

        public void Dispose()
        {
            _binding.Dispose();
            foreach (var value in _values) value.Dispose();
        }

        private void Bind(string name, OrtValue value)
        {
            _values.Add(value);
            _binding.BindInput(name, value);
        }

        private static OrtValue Over(long[] pinned, params long[] shape) => OrtValue.CreateTensorValueFromMemory(pinned, shape);

        private static OrtValue Native(TensorElementType type, void* memory, int elementBytes, params long[] shape)
        {
            long elements = 1;
            foreach (var dimension in shape) elements *= dimension;
            return OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, (nint)memory, elements * elementBytes);
        }
    }
}

/// <summary>A row of <see cref="InPlaceDecoder"/>.</summary>
internal sealed class InPlaceRow : KvRow
{
    public int Place { get; set; }
    public float[] Logits { get; set; } = [];
}
