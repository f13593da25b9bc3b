using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Tests.Scheduling;

internal static class Fixtures
{
    public static ModelOffer Offer(string model = "m", int slots = 1, bool continues = true, ModelState state = ModelState.Ready) => new()
    {
        Model = model,
        Endpoints = ["/v1/chat/completions", "/v1/completions"],
        Slots = slots,
        ContinuesPrefix = continues,
        State = state,
    };

    public static PlacementQuery Query(string owner = "ns", Priority priority = Priority.Interactive, double weight = 1, string model = "m", ulong prefix = 0) =>
        new(model, InferenceEndpoint.ChatCompletions, owner, weight, priority, prefix);

    public static Waiter Wait(this Scheduler scheduler, PlacementQuery query)
    {
        var waiter = new Waiter(query, scheduler.FindPool(query.Model)!, DateTimeOffset.UnixEpoch, new Lock());
        Scheduler.Enqueue(waiter);
        return waiter;
    }

    public static bool IsPlaced(this Waiter waiter) => waiter.PlacedOn() is not null;

    public static Instance? PlacedOn(this Waiter waiter) =>
        waiter.Settled.IsCompletedSuccessfully && waiter.Settled.Result.TryGet(out var instance, out _) ? instance : null;
}
