using System.Buffers;
using System.Diagnostics;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Serving.Metering;
using Resultity.Serving.Pipeline.Answers;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Pipeline;

/// <summary>One attempt on one node: the exchange, the bytes it brings, and the slot it holds.</summary>
internal sealed class NodeLeg(InferencePipeline pipeline, InferenceRequest request, Placement placement, Activity? parent) : IAsyncDisposable
{
    private const int LargestError = 64 << 10;
    private readonly Attempt _attempt = new(placement.NodeId, pipeline.Time.GetUtcNow());
    private readonly Activity? _activity = pipeline.Telemetry.StartAttempt(placement.NodeId, parent);
    private NodeExchange? _exchange;
    private SseReader? _events;
    private ReadOnlyMemory<byte> _piece;
    private byte[]? _pooled;
    private bool _isAtEnd;
    private Fault? _fault;
    private int _released;

    public Placement Placement { get; } = placement;

    public string ContentType { get; private set; } = "application/json";

    public bool IsEventStream { get; private set; }

    /// <summary>The answer is neither JSON nor events, and comes in pieces.</summary>
    public bool IsBinary { get; private set; }

    /// <summary>All pieces of a binary answer have come.</summary>
    public bool IsWhole => IsBinary && _isAtEnd && _fault is null && _piece.IsEmpty;

    /// <summary>Why no event can follow those that have arrived; <see langword="null"/> while more may come.</summary>
    public Fault? Broken => _fault ?? (_isAtEnd && !IsBinary ? NodeFaults.Truncated : null);

    /// <summary>What the node says beside the answer that it used; <see langword="null"/> if it says nothing, or not yet.</summary>
    public Usage? Noted => _exchange is not null && UsageNote.TryParse(_exchange.Note(FleetHeaders.Usage), out var usage) ? usage : null;

    /// <summary>The whole answer, after <see cref="ReadWholeAsync"/>.</summary>
    public ReadOnlyMemory<byte> Whole { get; private set; }

    /// <summary>Sends the work order and waits for the head of the answer.</summary>
    public async ValueTask<Fault?> OpenAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        request.Progress.Begin(_attempt, Placement);
        var order = new WorkOrder(request.Id, request.Endpoint, Placement.Model, request.ContentType, body, _activity?.Id ?? request.TraceParent);
        if (!(await pipeline.Fleet.SendAsync(Placement.NodeId, order, cancellation).ConfigureAwait(false)).TryGet(out _exchange, out var fault))
        {
            return fault;
        }

        if (_exchange.Status is < 200 or > 299)
        {
            var broken = await ReadWholeAsync(LargestError, cancellation).ConfigureAwait(false);
            return broken ?? NodeFaults.FromAnswer(_exchange.Status, Whole.Span, request.Endpoint);
        }

        ContentType = _exchange.ContentType ?? "application/json";
        IsEventStream = ContentType.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);
        if (IsEventStream)
        {
            _events = new SseReader(request.Endpoint.IsMedia ? pipeline.Options.MaxMediaEventBytes : pipeline.Options.MaxEventBytes);
        }

        IsBinary = request.Endpoint.IsMedia && !IsEventStream && !ContentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase);

        return null;
    }

    /// <summary>Waits for more bytes of an event stream. Events read before become invalid.</summary>
    public async ValueTask FillAsync(CancellationToken cancellation)
    {
        _events?.Detach();
        var read = await _exchange!.ReadAsync(cancellation).ConfigureAwait(false);
        _isAtEnd = read.IsEnd;
        _fault = read.Fault;
        if (_events is null)
        {
            _piece = read.Bytes;
            return;
        }

        _events.Feed(read.Bytes);
        _fault ??= _events.IsBroken ? NodeFaults.Garbled("an event is too large") : null;
    }

    /// <summary>Takes the next event that has arrived.</summary>
    public bool TryReadEvent(out ReadOnlyMemory<byte> data)
    {
        data = default;
        return _events is not null && _events.TryRead(out data);
    }

    /// <summary>Takes the piece of a binary answer that has arrived. Valid until the next <see cref="FillAsync"/>.</summary>
    public bool TryReadPiece(out ReadOnlyMemory<byte> piece)
    {
        (piece, _piece) = (_piece, default);
        return !piece.IsEmpty;
    }

    /// <summary>Reads the answer to its end. An answer that came in one piece is not copied.</summary>
    public async ValueTask<Fault?> ReadWholeAsync(int limit, CancellationToken cancellation)
    {
        var length = 0;
        while (true)
        {
            var read = await _exchange!.ReadAsync(cancellation).ConfigureAwait(false);
            if (read.Fault is not null)
            {
                return read.Fault;
            }

            if (length + read.Bytes.Length > limit)
            {
                return NodeFaults.Garbled("it is too large");
            }

            if (read.IsEnd && length == 0)
            {
                Whole = read.Bytes;
                return null;
            }

            Append(read.Bytes.Span, ref length);
            if (read.IsEnd)
            {
                Whole = _pooled.AsMemory(0, length);
                return null;
            }
        }
    }

    /// <summary>Gives the slot back, and notes how the attempt ended and what it used; the answer's bytes stay valid. Only the first call counts.</summary>
    public void Release(Fault? fault, Usage usage)
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return;
        }

        _attempt.End(pipeline.Time.GetUtcNow(), fault);
        pipeline.Telemetry.EndAttempt(_activity, fault);
        Placement.Release(nodeFailed: fault is { OtherNodeMayAnswer: true });
        var caller = request.Caller;
        (request.Recorder ?? pipeline.Usage).Record(new UsageEntry(caller.Namespace, caller.KeyId, Placement.Model, request.Endpoint, Placement.NodeId, usage, fault is not null));
    }

    /// <summary>Ends a failed attempt: the node is told to stop if it has not finished, and the slot is given back. Failures are not charged.</summary>
    public async ValueTask CloseAsync(Fault fault)
    {
        Release(fault, default);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _events?.Dispose();
        _events = null;
        if (_exchange is not null)
        {
            var exchange = _exchange;
            _exchange = null;
            await exchange.DisposeAsync().ConfigureAwait(false);
        }

        if (_pooled is not null)
        {
            ArrayPool<byte>.Shared.Return(_pooled);
            _pooled = null;
        }
    }

    private void Append(ReadOnlySpan<byte> bytes, ref int length)
    {
        if (_pooled is null || _pooled.Length < length + bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length + bytes.Length, 2 * (_pooled?.Length ?? 4096)));
            _pooled.AsSpan(0, length).CopyTo(larger);
            if (_pooled is not null)
            {
                ArrayPool<byte>.Shared.Return(_pooled);
            }

            _pooled = larger;
        }

        bytes.CopyTo(_pooled.AsSpan(length));
        length += bytes.Length;
    }
}
