using Resultity.Link.Frames;

namespace Resultity.Link;

// The table of live streams.
public sealed partial class LinkConnection
{
    private readonly Lock _tableGate = new();
    private readonly Dictionary<uint, LinkStream> _table = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _nextId;
    private int _outgoing;
    private int _serving;
    private bool _draining;
    private bool _peerDraining;

    /// <summary>Streams that this end opened and that have not ended.</summary>
    public int Outgoing => Volatile.Read(ref _outgoing);

    /// <summary>Streams that the peer opened and that are still served here.</summary>
    public int Serving => Volatile.Read(ref _serving);

    /// <summary>Gives a stream its id and its place; or says why it can't begin.</summary>
    internal LinkFault? Register(LinkExchange exchange)
    {
        lock (_tableGate)
        {
            if (_ended is not null)
                return _ended;
            if (_peerDraining)
                return new LinkFault(LinkErrorCode.Draining, "the peer takes no new streams", LinkEnded: false);
            // Ids come round after two thousand million streams; those still alive are stepped over.
            do
            {
                exchange.Id = _nextId;
                _nextId += 2;
                if (_nextId < 2)
                    _nextId = _side == LinkSide.Dialler ? 1u : 2u;
            }
            while (!_table.TryAdd(exchange.Id, exchange));
            _outgoing++;
            return null;
        }
    }

    internal void Remove(LinkStream stream)
    {
        lock (_tableGate)
        {
            if (_table.TryGetValue(stream.Id, out var held) && ReferenceEquals(held, stream) && _table.Remove(stream.Id) && stream is LinkExchange)
                _outgoing--;
            stream.Removed = true;
            SignalIfDrained();
        }
    }

    internal void HandlerEnded()
    {
        lock (_tableGate)
        {
            _serving--;
            SignalIfDrained();
        }
    }

    internal void Reset(LinkStream stream, LinkErrorCode code, string reason) => Sender.Stop(FrameType.Reset, stream.Id, code, reason);

    internal void Grant(LinkStream stream, int credit) => Sender.Window(stream.Id, credit);

    private LinkStream? Find(uint id)
    {
        lock (_tableGate)
            return _table.GetValueOrDefault(id);
    }

    private bool IsOurs(uint id) => (id & 1) == (_side == LinkSide.Dialler ? 1u : 0u);

    // Null when taken; else why not.
    private LinkFault? Accept(LinkIncoming incoming)
    {
        lock (_tableGate)
        {
            if (_table.ContainsKey(incoming.Id))
                throw new LinkProtocolException(LinkErrorCode.Protocol, $"stream {incoming.Id} opened while it is open");
            if (_draining || _ended is not null)
                return new LinkFault(LinkErrorCode.Draining, "this end takes no new streams", LinkEnded: false);
            // Counted until the handler ends, so that opening and resetting in a loop gains nothing.
            if (_serving >= Options.MaxIncomingStreams)
                return LinkFault.Refused($"over the limit of {Options.MaxIncomingStreams} streams");
            _serving++;
            _table.Add(incoming.Id, incoming);
            return null;
        }
    }

    private bool BeginDrain()
    {
        lock (_tableGate)
        {
            if (_draining || _ended is not null)
                return false;
            _draining = true;
            SignalIfDrained();
            return true;
        }
    }

    private void SignalIfDrained()
    {
        if (_draining && _serving == 0 && _outgoing == 0)
            _drained.TrySetResult();
    }
}
