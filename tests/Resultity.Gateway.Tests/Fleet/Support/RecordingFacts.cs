using Resultity.Contracts.Fleet;
using Resultity.Serving.Scheduling;

namespace Resultity.Gateway.Tests.Fleet.Support;

/// <summary>Keeps what the fleet reports, in order, and lets a test wait for it.</summary>
internal sealed class RecordingFacts : IFleetFacts, ISubcloudFacts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _states = [];
    private readonly Dictionary<string, IReadOnlyList<ModelOffer>> _offers = [];
    private readonly List<(Func<bool> Condition, TaskCompletionSource Met)> _waiting = [];

    public void SubcloudIs(string name, IReadOnlySet<string>? models)
    {
        // These tests make no subcloud.
    }

    public void SubcloudIsGone(string name)
    {
        // As above.
    }

    public void NodeServes(string nodeId, NodeReach reach)
    {
        // As above.
    }

    public void NodesMayReturn(IReadOnlyCollection<string> nodeIds)
    {
        // These tests start with no node.
    }

    public void NodeIsUp(string nodeId, string? region, IReadOnlyList<ModelOffer> offers) => Set(nodeId, "up", offers);

    public void NodeDrains(string nodeId) => Set(nodeId, "draining", null);

    public void NodeIsGone(string nodeId) => Set(nodeId, "gone", null);

    public Task Becomes(string nodeId, string state) => When(() => _states.GetValueOrDefault(nodeId) == state, $"{nodeId} {state}");

    public Task Offers(string nodeId, params string[] models) =>
        When(() => _offers.GetValueOrDefault(nodeId)?.Select(offer => offer.Model).Order().SequenceEqual(models.Order()) == true, $"{nodeId} offers {string.Join(',', models)}");

    private void Set(string nodeId, string state, IReadOnlyList<ModelOffer>? offers)
    {
        lock (_gate)
        {
            _states[nodeId] = state;
            if (offers is not null)
                _offers[nodeId] = offers;
            foreach (var (condition, met) in _waiting)
                if (condition())
                    met.TrySetResult();
        }
    }

    private async Task When(Func<bool> condition, string what)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (condition())
                return;
            _waiting.Add((condition, met));
        }
        try
        {
            await met.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Never became true: {what}. Last: {string.Join(", ", _states)}");
        }
    }
}
