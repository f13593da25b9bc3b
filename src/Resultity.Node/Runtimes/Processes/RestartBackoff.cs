namespace Resultity.Node.Runtimes.Processes;

/// <summary>How long a child that failed is left alone: not at all the first time, then 1 s, doubling; a life that lasted wipes the slate.</summary>
internal sealed class RestartBackoff(TimeProvider time, TimeSpan longest)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Lasted = TimeSpan.FromMinutes(1);
    private int _failures;
    private long? _readySince;
    private long _until;
    private TimeSpan _wait;

    public void Ready() => _readySince = time.GetTimestamp();

    /// <summary>Counts a failure; how long to wait from now.</summary>
    public TimeSpan Failed()
    {
        if (_readySince is { } since && time.GetElapsedTime(since) >= Lasted)
            _failures = 0;
        _readySince = null;
        _failures++;
        var wait = _failures == 1 ? TimeSpan.Zero : First * Math.Pow(2, Math.Min(_failures - 2, 20));
        _wait = wait < longest ? wait : longest;
        _until = time.GetTimestamp();
        return _wait;
    }

    /// <summary>What is left of the wait.</summary>
    public TimeSpan Left()
    {
        var left = _wait - time.GetElapsedTime(_until);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public void Reset() => (_failures, _readySince, _wait) = (0, null, TimeSpan.Zero);
}
