using Resultity.Node.Agent;

namespace Resultity.Node.Tests.Agent;

public sealed class SlotGateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Slots_are_never_overcommitted_and_all_come_back()
    {
        var gate = new SlotGate();
        gate.Resize(3);
        int running = 0, most = 0, served = 0;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            using var cancel = new CancellationTokenSource();
            var entering = gate.EnterAsync(Patience, TimeProvider.System, cancel.Token);
            if (i % 5 == 0)
                await cancel.CancelAsync();
            try
            {
                Assert.True(await entering);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await Task.Yield();
            Interlocked.Increment(ref served);
            Interlocked.Decrement(ref running);
            gate.Leave();
        }));
        Assert.InRange(most, 1, 3);
        Assert.True(served >= 160, $"{served} served");
        Assert.Equal(0, gate.Running);
    }

    [Fact]
    public async Task More_slots_admit_those_who_wait()
    {
        var gate = new SlotGate();
        Assert.True(await gate.EnterAsync(Patience, TimeProvider.System, default));
        var second = gate.EnterAsync(Patience, TimeProvider.System, default).AsTask();
        Assert.False(second.IsCompleted);
        gate.Resize(2);
        Assert.True(await second.WaitAsync(Patience));
    }

    [Fact]
    public async Task Impatient_request_is_turned_away_and_takes_no_slot()
    {
        var gate = new SlotGate();
        Assert.True(await gate.EnterAsync(Patience, TimeProvider.System, default));
        Assert.False(await gate.EnterAsync(TimeSpan.FromMilliseconds(1), TimeProvider.System, default));
        gate.Leave();
        Assert.Equal(0, gate.Running);
        Assert.True(await gate.EnterAsync(Patience, TimeProvider.System, default));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
