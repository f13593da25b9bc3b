using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Pipeline;

/// <summary>Where a running request has got to. Written by the pipeline, read by anyone at any time.</summary>
/// <remarks>A member of several models' call has a progress of its own and tells it to the call's.</remarks>
public sealed class RequestProgress
{
    private readonly RequestProgress? _whole;
    private readonly Lock _gate = new();
    private Attempt[] _attempts = [];
    private volatile QueueTicket? _ticket;
    private volatile Placement? _placement;

    /// <summary>Nothing has happened yet.</summary>
    public RequestProgress()
    {
    }

    /// <summary>Of a member.</summary>
    /// <param name="whole">The progress of the call that it belongs to.</param>
    internal RequestProgress(RequestProgress whole) => _whole = whole;

    /// <summary>The place in the queue while the request waits; <see langword="null"/> otherwise.</summary>
    public QueueTicket? Ticket
    {
        get => _ticket;
        internal set
        {
            if (_whole is not null && value is null && _whole._ticket == _ticket)
            {
                _whole.Ticket = null;
            }

            _ticket = value;
        }
    }

    /// <summary>The place in the queue that the request gave up; <see langword="null"/> if it never did.</summary>
    public QueueFacts? GaveUpAt { get; internal set; }

    /// <summary>How far the model's load was when the request gave up its place in the queue.</summary>
    internal ModelLoading? GaveUpLoading { get; set; }

    /// <summary>How far the load is that the request waits for, in a queue or on a node; <see langword="null"/> if it waits for none.</summary>
    public ModelLoading? Loading => (_ticket is { } ticket ? ticket.Loading : _placement?.Loading) ?? GaveUpLoading;

    /// <summary>The attempts so far, oldest first.</summary>
    public IReadOnlyList<Attempt> Attempts
    {
        get
        {
            lock (_gate)
            {
                return _attempts;
            }
        }
    }

    /// <summary>Raised once, on the pipeline's thread, when the request starts to wait in a queue. Handlers must not block.</summary>
    public event Action? Queued;

    /// <summary>Raised on the pipeline's thread each time that a node gets the request. Handlers must not block.</summary>
    public event Action? AttemptBegun;

    internal void MarkQueued(QueueTicket ticket)
    {
        _ticket = ticket;
        _whole?.MarkQueued(ticket);
        Queued?.Invoke();
    }

    internal void Begin(Attempt attempt, Placement placement)
    {
        _placement = placement;
        lock (_gate)
        {
            _attempts = [.. _attempts, attempt];
        }

        _whole?.Begin(attempt, placement);
        AttemptBegun?.Invoke();
    }
}
