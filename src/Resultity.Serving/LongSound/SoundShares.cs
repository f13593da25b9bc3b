using System.Text;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Answers;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.LongSound;

/// <summary>Writes long sound down on several nodes at once, each of which takes a share of its pieces.</summary>
/// <remarks>
/// Every node cuts the whole sound the same way and computes its pieces by themselves, so that the shares put one behind the other are what one
/// node computes alone. Each share is an ordinary request: placed, failed over and metered by itself; they are admitted as one.
/// </remarks>
internal static class SoundShares
{
    /// <summary>Decoding the whole file is what a share costs beside its pieces; below this length it is not worth it.</summary>
    private const double LeastSeconds = 60;

    private const int MostShares = 16;

    /// <summary>The most bytes of all the copies of the file.</summary>
    private const long MostBytes = 512L << 20;

    /// <summary>The field that tells a node its share, as "index/count".</summary>
    private const string Field = "resultity_part";

    /// <summary>How many shares a request is to have; 1 for the usual ones.</summary>
    public static int CountFor(InferencePipeline pipeline, InferenceRequest request)
    {
        if (request.Stream || (request.Endpoint != InferenceEndpoint.Transcriptions && request.Endpoint != InferenceEndpoint.Translations))
        {
            return 1;
        }

        var most = Math.Min(MostShares, MostBytes / Math.Max(1, request.Body.Length));
        most = Math.Min(most, (long)(SoundLength.Estimate(request) / LeastSeconds));
        if (most < 2 || MemberBodyFacts.Text(request, Field) is not null)
        {
            return 1;
        }

        var model = pipeline.Catalog.Resolve(request.Model);
        return (int)Math.Min(most, pipeline.Dispatcher.Read(scheduler => Nodes(scheduler, model, request.Caller.Subcloud)));
    }

    /// <summary>Runs a request in shares.</summary>
    /// <returns>The whole transcript, or why there is none.</returns>
    public static async ValueTask<Outcome<InferenceAnswer>> RunAsync(InferencePipeline pipeline, InferenceRequest request, int count, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var siblings = new SiblingNodes { Apart = true };
        var running = Enumerable.Range(0, count).Select(index => RunShareAsync(pipeline, request, index, count, siblings, stop)).ToList();
        var outcomes = await Task.WhenAll(running).ConfigureAwait(false);
        try
        {
            // The first that failed stopped the others, whose fault is only that.
            var faults = outcomes.Select(static outcome => outcome.TryGet(out _, out var fault) ? null : fault).OfType<Fault>().ToList();
            if (faults.Count > 0)
            {
                return faults.Find(static fault => fault.Kind != FaultKind.Cancelled) ?? faults[0];
            }

            var answers = outcomes.Select(static outcome => outcome.TryGet(out var answer, out _) ? answer : null).OfType<InferenceAnswer>().ToList();
            if (TranscriptStitch.Stitch([.. answers.Select(static answer => answer.Body)], MemberBodyFacts.Text(request, "response_format") ?? "json") is not var (body, type))
            {
                return NotShares;
            }

            var usage = answers.Aggregate(default(Usage), static (sum, answer) => sum + answer.Usage);
            return new WholeAnswer(body, type, WholeAnswer.Join(answers.Select(static answer => answer.NodeId)), WholeAnswer.Join(answers.Select(static answer => answer.Model)), usage);
        }
        finally
        {
            foreach (var outcome in outcomes)
            {
                if (outcome.TryGet(out var answer, out _))
                {
                    await answer.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
    }

    private static Fault NotShares { get; } = new(FaultKind.BadNodeAnswer, "node_error", "The node answered a share of the sound with something that is none.");

    private static async Task<Outcome<InferenceAnswer>> RunShareAsync(InferencePipeline pipeline, InferenceRequest request, int index, int count, SiblingNodes siblings, CancellationTokenSource stop)
    {
        var share = new MemberOverrides(null, new Dictionary<string, byte[]> { [Field] = Encoding.ASCII.GetBytes($"\"{index}/{count}\"") });
        var outcome = MemberRequest.Make(new MemberCall(request, Stream: false, siblings, stop.Token), new ModelPlan(request.Model, share), mayQueue: true).TryGet(out var own, out var wrong)
            ? await StartAsync(pipeline, own, isFirst: index == 0, stop.Token).ConfigureAwait(false)
            : wrong;
        if (!outcome.TryGet(out _, out _))
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }

        return outcome;
    }

    private static ValueTask<Outcome<InferenceAnswer>> StartAsync(InferencePipeline pipeline, InferenceRequest share, bool isFirst, CancellationToken cancellation)
    {
        share.IsAdmitted = !isFirst;
        return pipeline.StartOneAsync(share, cancellation);
    }

    /// <summary>How many nodes can take a share; 0 where some that serve the model take the whole only, since a share could get to one of these.</summary>
    private static int Nodes(Scheduler scheduler, string model, string? subcloud)
    {
        var instances = scheduler.FindPool(model, subcloud)?.InstancesIn(subcloud) ?? [];
        return instances.All(static instance => instance.Offer.SharesSound) ? instances.Count(static instance => !instance.Node.IsDraining && !instance.IsWithdrawn) : 0;
    }
}
