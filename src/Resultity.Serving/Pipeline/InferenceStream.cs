using System.Diagnostics;
using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Pipeline.Answers;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Pipeline;

/// <summary>The answer of one model.</summary>
/// <remarks>
/// However it ends, the slot is given back, the reservation settled and the usage recorded exactly once. A stream of plain text whose node dies
/// goes on from another node.
/// </remarks>
internal sealed class InferenceStream : InferenceAnswer
{
    private readonly InferencePipeline _pipeline;
    private readonly InferenceRequest _request;
    private readonly string _model;
    private readonly Reservation _reservation;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenRegistration _link;
    private readonly StreamedText _text;
    private readonly Activity? _activity;
    private readonly long _startedAt;
    private List<string>? _failedNodes;
    private NodeLeg? _leg;
    private StreamEvent? _pending;
    private Fault? _broken;
    private Fault? _lastFault;
    private TimeSpan? _firstEvent;
    private int _charged;
    private int _settled;
    private bool _seam;
    private bool _ended;
    private volatile bool _givenUp;
    private bool _isEventStream;
    private bool _isBinary;
    private string _contentType = "application/json";
    private ReadOnlyMemory<byte> _body;
    private Fault? _fault;

    internal InferenceStream(InferencePipeline pipeline, InferenceRequest request, string model, Reservation reservation, CancellationToken caller)
    {
        _pipeline = pipeline;
        _request = request;
        _model = model;
        _reservation = reservation;
        _caller = caller;
        var timeout = request.Deadline is { } deadline ? deadline - pipeline.Time.GetUtcNow() : pipeline.Options.RequestTimeout;
        _stop = new CancellationTokenSource(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, pipeline.Time);
        _link = caller.UnsafeRegister(static stream => ((InferenceStream)stream!).GiveUp(), this);
        _startedAt = pipeline.Time.GetTimestamp();
        pipeline.Count(request, isStart: true);
        _activity = pipeline.Telemetry.StartRequest(request, model);
        _text = new StreamedText(request, model);
    }

    public override string NodeId => _leg?.Placement.NodeId ?? "";

    public override string Model => _model;

    public override bool IsEventStream => _isEventStream;

    public override bool IsBinary => _isBinary;

    public override string ContentType => _contentType;

    public override ReadOnlyMemory<byte> Body => _body;

    public override Fault? Fault => _fault;

    public override Usage Usage => _text.Usage;

    public override async ValueTask<bool> WaitAsync(CancellationToken cancellation)
    {
        if (HasEvent())
        {
            return true;
        }

        using var registration = cancellation == _caller ? default : cancellation.UnsafeRegister(static stream => ((InferenceStream)stream!).GiveUp(), this);
        try
        {
            while (!_ended)
            {
                if (await NextBreakAsync().ConfigureAwait(false) is { } fault)
                {
                    await BreakAsync(fault).ConfigureAwait(false);
                }

                if (HasEvent())
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException)
        {
            await EndAsync(CancellationFault()).ConfigureAwait(false);
        }

        return false;
    }

    public override bool TryRead(out StreamEvent next)
    {
        if (!HasEvent())
        {
            next = default;
            return false;
        }

        if (_seam)
        {
            _seam = false;
            next = new StreamEvent(default, IsSeam: true);
            return true;
        }

        next = _pending!.Value;
        _pending = null;
        return true;
    }

    public override async ValueTask DisposeAsync()
    {
        await EndAsync(_ended ? Fault : CancellationFault()).ConfigureAwait(false);
        if (_leg is not null)
        {
            await _leg.DisposeAsync().ConfigureAwait(false);
        }

        await _link.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    internal ValueTask<Outcome<Placement>> PlaceAsync(bool mustContinue = false)
    {
        var placing = _pipeline.Dispatcher.PlaceAsync(
            new PlacementQuery(
                _model, _request.Endpoint, _request.Caller.Namespace, _request.Caller.Weight, _request.Priority, _request.PrefixHash, _failedNodes, mustContinue,
                AwaitsReturn: _lastFault is null or { Kind: FaultKind.Unavailable }, _request.Caller.Subcloud, _request.MayQueue, _request.Siblings),
            _request.Progress,
            _stop.Token);
        return placing.IsCompleted ? placing : WaitForPlaceAsync(placing);
    }

    /// <summary>The request came to nothing: everything that it holds is given back.</summary>
    internal async ValueTask FailAsync(Fault fault)
    {
        await EndAsync(fault).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Makes this the rest of an answer whose beginning the client has.</summary>
    /// <returns>The body that asks for the rest; empty if this request leaves no way to ask for it.</returns>
    internal ReadOnlyMemory<byte> Continue(AnswerSoFar soFar)
    {
        _charged = soFar.Tokens;
        return _text.ContinueFrom(soFar);
    }

    /// <summary>Sends the work order and reads the beginning of the answer.</summary>
    /// <returns><see langword="null"/> when the answer can be handed on.</returns>
    internal async ValueTask<Fault?> BeginAsync(Placement placement, ReadOnlyMemory<byte> body)
    {
        _leg = new NodeLeg(_pipeline, _request, placement, _activity);
        var fault = await _leg.OpenAsync(body, _stop.Token).ConfigureAwait(false);
        if (fault is null)
        {
            _contentType = _leg.ContentType;
            _isEventStream = _leg.IsEventStream;
            _isBinary = _leg.IsBinary;
            fault = IsEventStream || (IsBinary && !_request.Stream) ? await NextBreakAsync().ConfigureAwait(false) : await ReadWholeAsync().ConfigureAwait(false);
        }

        if (fault is not null)
        {
            _lastFault = fault;
            (_failedNodes ??= []).Add(placement.NodeId);
            await CloseLegAsync(fault).ConfigureAwait(false);
        }

        return fault;
    }

    /// <summary>What a cancellation means: the deadline, or the caller.</summary>
    internal Fault CancellationFault() =>
        _stop.IsCancellationRequested && !_givenUp ? Faults.DeadlineExceeded with { Queue = _request.Progress.GaveUpAt, Loading = _request.Progress.Loading } : Fault.Cancelled;

    private async ValueTask<Outcome<Placement>> WaitForPlaceAsync(ValueTask<Outcome<Placement>> placing)
    {
        var since = _pipeline.Time.GetTimestamp();
        try
        {
            return await placing.ConfigureAwait(false);
        }
        finally
        {
            _pipeline.Telemetry.Waited(_pipeline.Time.GetElapsedTime(since), _model);
        }
    }

    private bool HasEvent() => _seam || _pending is not null || Advance();

    private void GiveUp()
    {
        _givenUp = true;
        _stop.Cancel();
    }

    /// <summary>Reads on until there is an event or the end; a fault if the answer broke off.</summary>
    private async ValueTask<Fault?> NextBreakAsync()
    {
        while (!Advance() && !_ended)
        {
            if ((_broken ?? _leg!.Broken) is { } fault)
            {
                _broken = null;
                return fault;
            }

            await _leg!.FillAsync(_stop.Token).ConfigureAwait(false);
        }

        return null;
    }

    private async ValueTask<Fault?> ReadWholeAsync()
    {
        var fault = await _leg!.ReadWholeAsync(_pipeline.Options.MaxAnswerBytes, _stop.Token).ConfigureAwait(false);
        if (fault is not null)
        {
            return fault;
        }

        if (_request.Stream)
        {
            return NodeFaults.Garbled("a stream of events was asked for and something else came");
        }

        var facts = AnswerScan.Read(_leg.Whole.Span);
        if (!facts.IsValid || facts.HasError)
        {
            return NodeFaults.Garbled("it is not a JSON object with results");
        }

        var usage = _leg.Noted ?? facts.Usage;
        _text.Report(usage.Images == 0 && _request.Endpoint.MakesImages ? usage with { Images = facts.Results } : usage);
        _body = _leg.Whole;
        _ended = true;
        Settle(null);
        return null;
    }

    /// <summary>Moves to the next event that the client is to see, among those that have arrived.</summary>
    private bool Advance()
    {
        if (IsBinary && !_ended && _pending is null && _leg is not null)
        {
            return AdvancePiece(_leg);
        }

        while (!_ended && _broken is null && _pending is null && _leg is not null && _leg.TryReadEvent(out var data))
        {
            if (data.Span.SequenceEqual("[DONE]"u8))
            {
                if (_text.IsBehind)
                {
                    _broken = NodeFaults.Diverged;
                    return false;
                }

                Finish();
                return _pending is not null;
            }

            if (_text.Accept(ref data, out _broken))
            {
                _firstEvent ??= _pipeline.Time.GetElapsedTime(_startedAt);
                _pending = new StreamEvent(data);
                return true;
            }
        }

        return false;
    }

    private bool AdvancePiece(NodeLeg leg)
    {
        if (leg.TryReadPiece(out var piece))
        {
            _firstEvent ??= _pipeline.Time.GetElapsedTime(_startedAt);
            _pending = new StreamEvent(piece);
            return true;
        }

        if (leg.IsWhole)
        {
            _text.Report(leg.Noted ?? default);
            Finish();
        }

        return false;
    }

    private void Finish()
    {
        if (_text.TryTakeHeld(out var last))
        {
            _pending = new StreamEvent(last);
        }

        _ended = true;
        Settle(null);
    }

    /// <summary>The leg broke: go on from another node if the text can be continued or computed again, else end with the fault.</summary>
    private async ValueTask BreakAsync(Fault fault)
    {
        if (_text.HasFinished && fault == NodeFaults.Truncated)
        {
            // The model had finished; only the closing mark is missing, which some servers leave out.
            Finish();
            return;
        }

        var placed = _leg!.Placement;
        _lastFault = fault;
        await CloseLegAsync(fault).ConfigureAwait(false);
        while (fault.OtherNodeMayAnswer && _text.CanContinue && _request.Progress.Attempts.Count < _pipeline.Options.MaxAttempts && _pipeline.Retries.TrySpend())
        {
            (_failedNodes ??= []).Add(placed.NodeId);
            if (_text.Continue() is not { } body)
            {
                break;
            }

            if (!(await PlaceAsync(mustContinue: _text.NeedsContinuingNode).ConfigureAwait(false)).TryGet(out var placement, out _))
            {
                break;
            }

            placed = placement;
            if (await BeginAsync(placement, body).ConfigureAwait(false) is not { } again)
            {
                _seam = true;
                return;
            }

            fault = again;
        }

        await EndAsync(fault).ConfigureAwait(false);
    }

    private async ValueTask CloseLegAsync(Fault fault)
    {
        _broken = null;
        await _leg!.CloseAsync(fault).ConfigureAwait(false);
    }

    private async ValueTask EndAsync(Fault? fault)
    {
        if (!_ended)
        {
            _ended = true;
            _fault = fault;
        }

        Settle(Fault);
        if (_leg is not null && Fault is not null)
        {
            await _leg.CloseAsync(Fault).ConfigureAwait(false);
        }
    }

    private void Settle(Fault? fault)
    {
        if (Interlocked.Exchange(ref _settled, 1) != 0)
        {
            return;
        }

        var usage = fault is null || fault.Kind is FaultKind.Cancelled or FaultKind.DeadlineExceeded ? Usage : default;
        if (_charged > 0)
        {
            // The beginning was charged with the request that made it, and so was its prompt.
            usage = new Usage(0, Math.Max(0, usage.OutputTokens - _charged));
        }

        _pipeline.Count(_request, isStart: false);
        _reservation.Settle(usage);
        _leg?.Release(fault, usage);
        _pipeline.Telemetry.EndRequest(_activity, _request, _model, _pipeline.Time.GetElapsedTime(_startedAt), _firstEvent, usage, fault);
    }
}
