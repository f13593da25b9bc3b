using Resultity.Link.Frames;

namespace Resultity.Link;

// Pings, and what silence means: first reported, then the end.
public sealed partial class LinkConnection
{
    // Every so many looks a ping goes out though the peer is heard, to keep the round trip current.
    private const int LooksPerPing = 5;
    private long _lastReceived;
    private long _roundTripTicks;
    private int _looks;
    private bool _silent;

    /// <summary>Raised from the receiving loop when the peer begins to drain.</summary>
    public event Action<LinkConnection>? PeerDraining;

    private void KeepAlive()
    {
        if (Ended)
            return;
        var silence = Time.GetElapsedTime(Volatile.Read(ref _lastReceived));
        if (silence >= Options.DeadAfter)
        {
            Close(LinkErrorCode.Silent, $"nothing heard for {silence.TotalSeconds:F1} s");
            return;
        }
        if (silence >= Options.SilentAfter && !_silent)
        {
            Volatile.Write(ref _silent, true);
            SilenceChanged?.Invoke(this, true);
        }
        if (silence >= Options.PingInterval / 2 || ++_looks % LooksPerPing == 0)
            Sender.Ping(FrameType.Ping, (ulong)Time.GetTimestamp());
    }

    private void Heard()
    {
        Volatile.Write(ref _lastReceived, Time.GetTimestamp());
        if (!Volatile.Read(ref _silent))
            return;
        Volatile.Write(ref _silent, false);
        SilenceChanged?.Invoke(this, false);
    }

    private void Measure(long sentAt)
    {
        var now = Time.GetTimestamp();
        // The peer sends back what we sent; a number that can't be ours is not worth the link, and not counted.
        if (sentAt <= 0 || sentAt > now)
            return;
        var sample = Time.GetElapsedTime(sentAt, now).Ticks;
        var smoothed = _roundTripTicks == 0 ? sample : (_roundTripTicks * 7 + sample) / 8;
        Volatile.Write(ref _roundTripTicks, Math.Max(1, smoothed));
    }
}
