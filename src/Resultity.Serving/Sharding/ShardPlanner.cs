using System.Globalization;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Sharding;

/// <summary>Decides how a model is spread over nodes, or says why it cannot be. Pure: the same nodes give the same plan.</summary>
/// <remarks>
/// 1. Heads are the nodes that have the file; the one in force is kept while it can serve, else the one with the most memory leads.
/// 2. As few members as memory allows, since each costs two round trips per token; among those, the nearest.
/// 3. Layers in proportion to memory, so that every node keeps the same share of it free.
/// 4. The context that was asked for; if none was, as much as fits, halving from 4096.
/// </remarks>
public static class ShardPlanner
{
    /// <summary>The context of a plan for which none was asked.</summary>
    public const int DefaultContext = 4096;

    private const int LeastContext = 256;
    private const int MostMembers = 15;
    private const long FixedOverhead = 16L << 20;
    private const int BatchTokens = 512;
    private const int RoundTripsPerToken = 2;

    /// <summary>Makes a plan.</summary>
    /// <param name="wish">What is wanted.</param>
    /// <param name="nodes">The nodes that can be used now.</param>
    /// <param name="headInForce">The node that serves the model now, which keeps its waiting requests.</param>
    /// <returns>The plan, or why there is none, in words for the operator.</returns>
    public static Outcome<ShardPlan> Plan(ShardWish wish, IReadOnlyList<ShardCandidate> nodes, string? headInForce = null)
    {
        ArgumentNullException.ThrowIfNull(wish);
        ArgumentNullException.ThrowIfNull(nodes);
        var usable = nodes.Where(node => wish.Nodes.Count == 0 || wish.Nodes.Contains(node.Id) || wish.Nodes.Contains(node.Name)).ToList();
        var heads = usable.Where(node => FileOf(node, wish.Model) is not null)
            .OrderByDescending(node => node.Id == headInForce).ThenByDescending(node => node.Memory).ThenBy(node => node.Id, StringComparer.Ordinal).ToList();
        if (heads.Count == 0)
        {
            return Refused($"no node that can be reached has the file of the model '{wish.Model}' to shard");
        }

        Fault? why = null;
        foreach (var head in heads)
        {
            if (PlanWith(wish, head, usable).TryGet(out var plan, out var refusal))
            {
                return plan;
            }

            why ??= refusal;
        }

        return why!;
    }

    private static Outcome<ShardPlan> PlanWith(ShardWish wish, ShardCandidate head, List<ShardCandidate> nodes)
    {
        var model = FileOf(head, wish.Model)!;
        var others = nodes.Where(node => node.Id != head.Id && node is { CanBeMember: true, Memory: > 0 })
            .OrderByDescending(node => node.Memory).ThenBy(node => node.Id, StringComparer.Ordinal).ToList();
        var most = Math.Min(Math.Min(others.Count, MostMembers), model.LayerBytes.Count);
        var least = Math.Max(wish.MinNodes - 1, 0);
        if (least > most)
        {
            return Refused($"the model '{wish.Model}' is to be spread over {wish.MinNodes} nodes, and {most + 1} can be used");
        }

        foreach (var context in ContextsFor(wish, model))
        {
            for (var members = least; members <= most; members++)
            {
                if (Nearest(model, head, others, members, context, wish.Slots) is { } parts)
                {
                    return new ShardPlan(wish.Model, parts[0], parts[1..], context, wish.Slots, ForecastOf(model, parts, nodes));
                }
            }
        }

        var smallest = ContextsFor(wish, model)[^1];
        var needed = Needed(model, smallest, wish.Slots);
        var there = head.Memory + others.Sum(node => node.Memory);
        return Refused(string.Create(
            CultureInfo.InvariantCulture,
            $"the model '{wish.Model}' needs about {Megabytes(needed)} MB with a context of {smallest} and {wish.Slots} slots, and what each of its nodes computes with beside; the nodes that can be used lend {Megabytes(there)} MB ({string.Join(", ", others.Prepend(head).Select(node => $"{node.Name} {Megabytes(node.Memory)}"))})"));
    }

    /// <summary>The plan with the largest members, then with each of them changed for a nearer one that also suffices.</summary>
    private static ShardPart[]? Nearest(ShardableModel model, ShardCandidate head, List<ShardCandidate> others, int count, int context, int slots)
    {
        var chosen = others.Take(count).ToList();
        if (Split(model, [head, .. chosen], context, slots) is not { } best)
        {
            return null;
        }

        foreach (var nearer in others.Skip(count).OrderBy(Distance))
        {
            var farthest = chosen.MaxBy(Distance);
            if (farthest is null || Distance(nearer) >= Distance(farthest))
            {
                break;
            }

            List<ShardCandidate> changed = [.. chosen.Where(node => node != farthest), nearer];
            if (Split(model, [head, .. changed], context, slots) is { } better)
            {
                (chosen, best) = (changed, better);
            }
        }

        return best;
    }

    /// <summary>Gives each node layers in proportion to what it can hold, and every member at least one.</summary>
    private static ShardPart[]? Split(ShardableModel model, ShardCandidate[] nodes, int context, int slots)
    {
        var layers = model.LayerBytes.Count;
        var cost = model.LayerBytes.Select(bytes => bytes + CacheOf(model, context, slots)).ToArray();
        var room = nodes.Select((node, i) => node.Memory - Fixed(model, isHead: i == 0)).ToArray();
        if (room.Any(bytes => bytes < 0))
        {
            return null;
        }

        var total = room.Sum(bytes => (double)bytes);
        var parts = new ShardPart[nodes.Length];
        var next = 0;
        double shareSoFar = 0;
        for (var i = 0; i < nodes.Length; i++)
        {
            shareSoFar += total > 0 ? room[i] / total : 0;
            var membersAfter = nodes.Length - 1 - i;
            var until = i == nodes.Length - 1 ? layers : Math.Min((int)Math.Round(shareSoFar * layers), layers - membersAfter);
            until = Math.Max(until, i == 0 ? next : next + 1);
            var first = next;
            var bytes = 0L;
            while (next < until && bytes + cost[next] <= room[i])
            {
                bytes += cost[next++];
            }

            if (next == first && i > 0)
            {
                return null;
            }

            parts[i] = new ShardPart(nodes[i].Id, nodes[i].Name, first, next - first, bytes + Fixed(model, isHead: i == 0));
        }

        return next == layers ? parts : Packed(nodes, cost, room, model);
    }

    /// <summary>Where proportions leave a layer over for want of a whole layer's room: as many to each as it can hold, from the first.</summary>
    private static ShardPart[]? Packed(ShardCandidate[] nodes, long[] cost, long[] room, ShardableModel model)
    {
        var parts = new ShardPart[nodes.Length];
        var next = 0;
        for (var i = 0; i < nodes.Length; i++)
        {
            var first = next;
            var bytes = 0L;
            var until = cost.Length - (nodes.Length - 1 - i);
            while (next < until && bytes + cost[next] <= room[i])
            {
                bytes += cost[next++];
            }

            if (next == first && i > 0)
            {
                return null;
            }

            parts[i] = new ShardPart(nodes[i].Id, nodes[i].Name, first, next - first, bytes + Fixed(model, isHead: i == 0));
        }

        return next == cost.Length ? parts : null;
    }

    private static List<int> ContextsFor(ShardWish wish, ShardableModel model)
    {
        if (wish.ContextLength is { } asked)
        {
            return [asked];
        }

        var largest = model.ContextLength > 0 ? Math.Min(model.ContextLength, DefaultContext) : DefaultContext;
        var contexts = new List<int> { largest };
        while (contexts[^1] / 2 >= LeastContext)
        {
            contexts.Add(contexts[^1] / 2);
        }

        return contexts;
    }

    /// <summary>What a token takes: every weight is read once, one node after the other, and each member is asked twice.</summary>
    private static ShardForecast ForecastOf(ShardableModel model, ShardPart[] parts, List<ShardCandidate> nodes)
    {
        var byId = nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
        double? token = 0;
        double? load = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            var node = byId[parts[i].NodeId];
            var weights = model.LayerBytes.Skip(parts[i].FirstLayer).Take(parts[i].Layers).Sum() + (i == 0 ? model.OuterBytes : 0);
            token += node.Bandwidth is > 0 and var bandwidth ? (double)weights / bandwidth : null;
            if (i > 0)
            {
                token += (byId[parts[0].NodeId].RoundTrip + node.RoundTrip)?.TotalSeconds * RoundTripsPerToken;
                load += node.LinkSpeed is > 0 and var speed ? (double)weights / speed : null;
            }
        }

        return new ShardForecast(token is > 0 ? 1 / token : null, load);
    }

    private static long Needed(ShardableModel model, int context, int slots) => model.LayerBytes.Sum() + model.OuterBytes + (CacheOf(model, context, slots) * model.LayerBytes.Count);

    private static long CacheOf(ShardableModel model, int context, int slots) => model.CacheBytesPerToken * context * slots;

    /// <summary>What a node needs whatever its layers: room to compute in, and on the head what stands outside of the layers.</summary>
    private static long Fixed(ShardableModel model, bool isHead) =>
        FixedOverhead + (8L * sizeof(float) * BatchTokens * model.Width) + (isHead ? model.OuterBytes + ((long)sizeof(float) * BatchTokens * model.Vocabulary) : 0);

    private static TimeSpan Distance(ShardCandidate node) => node.RoundTrip ?? TimeSpan.MaxValue;

    private static ShardableModel? FileOf(ShardCandidate node, string model) => node.Models.FirstOrDefault(file => file.Name == model);

    private static long Megabytes(long bytes) => bytes / 1_000_000;

    private static Fault Refused(string why) => new(FaultKind.Conflict, "no_shard_plan", $"There is no plan: {why}.");
}
