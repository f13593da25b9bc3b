namespace Resultity.Hosting;

/// <summary>Waits for the signal to stop.</summary>
internal static class UntilStopped
{
    public static async Task WaitAsync(CancellationToken stop, CancellationToken alsoStop = default)
    {
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop, alsoStop);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (any.Token.Register(stopped.SetResult)) await stopped.Task;
    }
}
