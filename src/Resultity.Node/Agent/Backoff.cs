namespace Resultity.Node.Agent;

/// <summary>How long to wait before the next dial: quick at first, then slower, never in step with other nodes.</summary>
/// <remarks>
/// Doubles from 100 ms; at most 1.5 s while the outage is young, so that a node is back within two seconds of its gateway; at most 15 s
/// when it has lasted. Each wait is drawn from the upper half of its range.
/// </remarks>
internal sealed class Backoff(TimeProvider time, Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MostWhileYoung = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);
    private long? _since;
    private int _failures;

    public TimeSpan Next()
    {
        _since ??= time.GetTimestamp();
        var most = time.GetElapsedTime(_since.Value) < Young ? MostWhileYoung : Most;
        var wait = First * Math.Pow(2, Math.Min(_failures++, 20));
        return (wait < most ? wait : most) * (0.5 + (random.NextDouble() / 2));
    }

    public void Reset() => (_since, _failures) = (null, 0);
}
