using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Node.Runtimes.Processes;

// fake-agent FOLDER CHILDREN PROGRAM [ARGUMENT...]: supervises children as a node's agent does, starting and stopping them without end,
// for tests that kill it. {port} in an argument is the child's port. It writes a line for each child that got ready.
if (args is not [var folder, var count, var program, .. var arguments])
{
    Console.Error.WriteLine("usage: fake-agent FOLDER CHILDREN PROGRAM [ARGUMENT...]");
    return 2;
}

await using var host = new ChildHost(folder, TimeProvider.System, Random.Shared, NullLogger<ChildHost>.Instance);
var swept = await host.SweepAsync();
Console.WriteLine($"swept {swept}");
await Task.WhenAll(Enumerable.Range(0, int.Parse(count)).Select(CycleAsync));
return 0;

async Task CycleAsync(int number)
{
    await using var child = new SupervisedChild(
        host,
        new ChildOptions
        {
            Name = $"child {number}",
            Program = program,
            Arguments = port => [.. arguments.Select(argument => argument.Replace("{port}", $"{port}", StringComparison.Ordinal))],
            Probe = ReadyProbe.ConnectAsync,
            StopTimeout = TimeSpan.FromMilliseconds(100),
        },
        NullLogger.Instance);
    while (true)
    {
        var instance = await child.EnsureReadyAsync(CancellationToken.None);
        Console.WriteLine($"ready {instance.Id} {instance.Port}");
        await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(0, 60)), TimeProvider.System, CancellationToken.None);
        await child.StopAsync();
    }
}
