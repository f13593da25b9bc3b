namespace Resultity.Gateway.Tests.Kit;

/// <summary>Waits for what no event tells.</summary>
internal static class Eventually
{
    public static Task IsTrueAsync(Func<bool> condition, string what) => BecomesAsync(() => Task.FromResult(condition()), static holds => holds, what);

    /// <summary>Looks again and again until what is seen is as it should be, and gives it.</summary>
    public static async Task<T> BecomesAsync<T>(Func<Task<T>> look, Func<T, bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var seen = await look();
            if (condition(seen)) return seen;
            try
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"It never came about that {what}; last seen: {seen}");
            }
        }
    }
}
