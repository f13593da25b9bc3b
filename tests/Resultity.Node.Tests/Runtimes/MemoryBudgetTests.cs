using Microsoft.Extensions.Time.Testing;
using Resultity.Node.Runtimes.Supervised;

namespace Resultity.Node.Tests.Runtimes;

public sealed class MemoryBudgetTests : IDisposable
{
    private static readonly TimeSpan Residence = TimeSpan.FromSeconds(5);
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryBudget _budget;
    private readonly List<string> _unloaded = [];

    public MemoryBudgetTests() => _budget = new MemoryBudget(100, Residence, _time);

    public void Dispose() => _budget.Dispose();

    [Fact]
    public async Task Models_that_fit_together_stay_together()
    {
        var (a, b) = (Model("a", 60), Model("b", 40));

        (await _budget.UseAsync(a, default)).Dispose();
        (await _budget.UseAsync(b, default)).Dispose();
        (await _budget.UseAsync(a, default)).Dispose();

        Assert.Empty(_unloaded);
    }

    [Fact]
    public async Task A_model_that_is_used_is_not_evicted_and_takes_nothing_new_while_another_waits()
    {
        var (a, b) = (Model("a", 60), Model("b", 60));
        var first = await _budget.UseAsync(a, default);
        _time.Advance(Residence);

        var waiting = _budget.UseAsync(b, default).AsTask();
        var behind = _budget.UseAsync(a, default).AsTask();
        Assert.Equal((false, false), (waiting.IsCompleted, behind.IsCompleted));

        first.Dispose();
        var second = await waiting;
        Assert.Equal(["a"], _unloaded);
        Assert.False(behind.IsCompleted);

        _time.Advance(Residence);
        second.Dispose();
        (await behind).Dispose();
        Assert.Equal(["a", "b"], _unloaded);
    }

    [Fact]
    public async Task The_model_that_was_used_longest_ago_goes_first()
    {
        var (a, b, c) = (Model("a", 40), Model("b", 40), Model("c", 40));
        (await _budget.UseAsync(a, default)).Dispose();
        _time.Advance(Residence);
        (await _budget.UseAsync(b, default)).Dispose();
        _time.Advance(Residence);
        (await _budget.UseAsync(a, default)).Dispose();
        _time.Advance(Residence);

        (await _budget.UseAsync(c, default)).Dispose();

        Assert.Equal(["b"], _unloaded);
    }

    [Fact]
    public async Task A_model_stays_for_a_while_however_often_another_is_wanted()
    {
        var (a, b) = (Model("a", 60), Model("b", 60));
        (await _budget.UseAsync(a, default)).Dispose();

        var waiting = _budget.UseAsync(b, default).AsTask();
        _time.Advance(Residence - TimeSpan.FromMilliseconds(1));
        Assert.False(waiting.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        (await waiting).Dispose();
        Assert.Equal(["a"], _unloaded);
    }

    [Fact]
    public async Task Who_gives_up_waiting_opens_what_was_closed_for_it()
    {
        var (a, b) = (Model("a", 60), Model("b", 60));
        var use = await _budget.UseAsync(a, default);
        using var patience = new CancellationTokenSource();
        var waiting = _budget.UseAsync(b, patience.Token).AsTask();
        var behind = _budget.UseAsync(a, default).AsTask();

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        (await behind).Dispose();
        use.Dispose();
        Assert.Empty(_unloaded);
    }

    [Fact]
    public async Task Alternating_users_of_two_models_all_come_to_their_turn()
    {
        var models = (BudgetedModel[])[Model("a", 60), Model("b", 60)];
        var uses = Enumerable.Range(0, 40).Select(i => _budget.UseAsync(models[i % 2], default).AsTask()).ToList();

        while (uses.Count > 0)
        {
            var done = await Task.WhenAny(uses).WaitAsync(TimeSpan.FromSeconds(20));
            uses.Remove(done);
            (await done).Dispose();
            _time.Advance(Residence);
        }

        Assert.True(_unloaded.Count <= 3, $"{_unloaded.Count} evictions for two groups of requests");
    }

    private BudgetedModel Model(string name, long bytes) => new(bytes, () =>
    {
        _unloaded.Add(name);
        return Task.CompletedTask;
    });
}
