namespace Resultity.Node.Agent;

/// <summary>Wakes one waiting loop; setting it many times before it is waited for counts once.</summary>
internal sealed class Signal
{
    private TaskCompletionSource _set = Make();

    public void Set() => Volatile.Read(ref _set).TrySetResult();

    public async Task WaitAsync(CancellationToken cancellation)
    {
        await Volatile.Read(ref _set).Task.WaitAsync(cancellation);
        // Who sets it before this line is heard as well: the loop looks at everything after the wait.
        Volatile.Write(ref _set, Make());
    }

    private static TaskCompletionSource Make() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
