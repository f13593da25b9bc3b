namespace Resultity.Node.Runtimes.Onnx.Generating;

/// <summary>Runs the consumers of several answers side by side; the first failure stops the others.</summary>
internal static class Choices
{
    public static async Task RunAsync(List<ChoiceRun> runs, Func<ChoiceRun, int, CancellationToken, Task> consume, CancellationToken cancellation)
    {
        if (runs.Count == 1)
        {
            await consume(runs[0], 0, cancellation);
            return;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAll(runs.Select(async (run, index) =>
        {
            try
            {
                await consume(run, index, stop.Token);
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }));
    }
}
